from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_jobs.catalog.prices import MAX_AMOUNT, money, percent, tidy, written


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("1299", "1299.00", None),
        ("1,299.00", "1299.00", None),
        ("1.299,00", "1299.00", None),
        ("₹1,299", "1299.00", "INR"),
        ("Rs. 999", "999.00", "INR"),
        ("Rs.999/-", "999.00", "INR"),
        ("INR 1,29,999.00", "129999.00", "INR"),
        ("$19.99", "19.99", "USD"),
        ("US$ 19.99", "19.99", "USD"),
        ("$19.99 CAD", "19.99", "CAD"),
        ("19,99 €", "19.99", "EUR"),
        ("1 299,00 kr", "1299.00", "SEK"),
        ("1\u202f299,00 €", "1299.00", "EUR"),
        ("CHF 1'299.50", "1299.50", "CHF"),
        ("1.299", "1299.00", None),
        ("0.500", "0.50", None),
        ("1234.567", "1234.567", None),
        ("19.990000000000002", "19.99", None),
        (".99", "0.99", None),
        ("99,-", "99.00", None),
        ("1.299.000", "1299000.00", None),
        ("0", "0.00", None),
    ],
)
def test_a_price_is_read_as_shops_write_it(text: str, amount: str, currency: str | None) -> None:
    assert (str(money(text).amount), money(text).currency) == (amount, currency)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("free", "is no price; write it like 1299.00"),
        ("-5", "below zero"),
        ("(5)", "below zero"),
        ("1,2,3", "not grouped by three"),
        ("12,34.5", "not grouped by three"),
        ("1,299.00.00", "contradict"),
        ("12,9999", "a comma has two decimals"),
        ("5 kg", "what 'kg' means is not known"),
        ("USD 5 EUR", "two currencies, USD and EUR"),
        ("1" * 12, "over the limit of 100,000,000,000"),
        ("1" + " " * 200 + "x", "is no price"),
        ("", "is no price"),
        ("=1+1", "is no price"),
        ("nan", "is no price"),
    ],
)
def test_what_is_no_price_has_a_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        money(text)


def test_a_sign_of_many_meanings_means_what_the_shop_says() -> None:
    assert money("$5", "CAD").currency == "CAD"
    assert money("Rs 5", "LKR").currency == "LKR"
    assert money("5", "EUR").currency == "EUR"
    assert money("₹5", "EUR").currency == "INR"


def test_dinars_have_three_decimals() -> None:
    assert money("KWD 1.299").amount == Decimal("1.299")
    assert money("1.299", "KWD").amount == Decimal("1.299")


@given(st.decimals(0, MAX_AMOUNT - 1, places=4), st.sampled_from(["{:f}", "{:,.2f}"]))
def test_what_we_write_we_read_again(amount: Decimal, style: str) -> None:
    assert money(str(written(tidy(amount)))).amount == tidy(amount)
    assert money(style.format(amount)).amount == tidy(Decimal(style.format(amount).replace(",", "")))


@pytest.mark.parametrize(
    ("text", "share"), [("20", "20.00"), ("56%", "56.00"), ("12,5 %", "12.50"), ("30% off", "30.00")]
)
def test_a_discount_is_a_percentage(text: str, share: str) -> None:
    assert str(percent(text)) == share


@pytest.mark.parametrize("text", ["101", "-1", "half", "nan", "Infinity"])
def test_what_is_no_percentage_has_a_reason(text: str) -> None:
    with pytest.raises(ValueError, match="is no percentage"):
        percent(text)

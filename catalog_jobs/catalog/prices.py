"""Prices as shops write them, as decimals with a currency."""

import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple

# What a sign or word may mean; the first where nobody says otherwise.
CURRENCY_SIGNS: dict[str, tuple[str, ...]] = {
    "₹": ("INR",),
    "rs": ("INR", "PKR", "LKR", "NPR", "MUR"),
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"),
    "us$": ("USD",),
    "ca$": ("CAD",),
    "c$": ("CAD",),
    "au$": ("AUD",),
    "a$": ("AUD",),
    "nz$": ("NZD",),
    "s$": ("SGD",),
    "hk$": ("HKD",),
    "r$": ("BRL",),
    "€": ("EUR",),
    "£": ("GBP",),
    "¥": ("JPY", "CNY"),
    "₩": ("KRW",),
    "₺": ("TRY",),
    "₽": ("RUB",),
    "₫": ("VND",),
    "฿": ("THB",),
    "₱": ("PHP",),
    "₦": ("NGN",),
    "₪": ("ILS",),
    "₴": ("UAH",),
    "zł": ("PLN",),
    "kč": ("CZK",),
    "ft": ("HUF",),
    "lei": ("RON",),
    "kr": ("SEK", "NOK", "DKK", "ISK"),
    "tk": ("BDT",),
    "rp": ("IDR",),
    "rm": ("MYR",),
    "dhs": ("AED", "MAD"),
}
# ISO 4217: a lone separator with three digits after it is no thousand in these.
THREE_DECIMALS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
MAX_AMOUNT = Decimal(10) ** 11
FINEST = Decimal("0.0001")
CENT = Decimal("0.01")

# The codes of ISO 4217 that people pay with.
_CODES = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD "
    "CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ "
    "GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR "
    "LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN "
    "PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB "
    "TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG"
)
CURRENCY_CODES = frozenset(_CODES.split())
MAX_CHARACTERS = 100

_PRICE = re.compile(r"(?P<before>\D*?)(?P<number>\d[\d.,'’\s]*)(?P<after>\D*)")
_FILLING = re.compile(r"[\s'’]")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?P<mark>[.,])(?:\d{2,3}(?P=mark))*\d{3}")


class Money(NamedTuple):
    """An amount, zero or more, with at most four decimals, and its ISO 4217 code where something told it."""

    amount: Decimal
    currency: str | None


@lru_cache(maxsize=4096)
def money(text: str, currency: str | None = None) -> Money:
    """What a shop means by a price; currency: what it is where the text has no sign, or one of many meanings.

    A lone separator with three digits after it is one of thousands. Raises ValueError with the reason.

    >>> [str(money(text).amount) for text in ("1,299.00", "1.299,00", "₹1,299", "Rs. 999/-", "1,29,999", "19,9 €")]
    ['1299.00', '1299.00', '1299.00', '999.00', '129999.00', '19.90']
    """
    bare = text.strip()
    found = None
    if len(bare) <= MAX_CHARACTERS:
        found = _PRICE.fullmatch(f"0{bare}" if bare[:1] in (".", ",") else bare)
    if found is None:
        raise ValueError(f"{shown(text)} is no price; write it like 1299.00")
    before, after = found["before"].strip(), found["after"].strip()
    if before.startswith(("-", "−", "(")) or before.endswith(("-", "−")):
        raise ValueError(f"{shown(text)} is below zero; a price is zero or more")
    code = _currency(before, after, currency, text)
    amount = _number(_FILLING.sub("", found["number"]), code, text)
    if amount >= MAX_AMOUNT:
        raise ValueError(f"{shown(text)} is over the limit of {MAX_AMOUNT:,f}")
    return Money(tidy(amount), code)


def percent(text: str) -> Decimal:
    """A discount in percent, 0 to 100, from "20", "20%" or "20 % off"; ValueError with the reason otherwise.

    >>> str(percent("12,5 %"))
    '12.50'
    """
    bare = text.strip().lower().removesuffix("off").strip().removesuffix("%").strip().replace(",", ".")
    try:
        value = Decimal(bare)
    except InvalidOperation:
        raise ValueError(f"{shown(text)} is no percentage; write it like 20") from None
    if not value.is_finite() or not 0 <= value <= 100:
        raise ValueError(f"{shown(text)} is no percentage from 0 to 100")
    return tidy(value)


def tidy(amount: Decimal) -> Decimal:
    """With two decimals, or up to four where they say something.

    >>> str(tidy(Decimal("5"))), str(tidy(Decimal("5.1250")))
    ('5.00', '5.125')
    """
    fine = amount.quantize(FINEST)
    return fine.quantize(CENT) if fine == fine.quantize(CENT) else fine.normalize()


def written(amount: Decimal | None) -> str | None:
    """An amount as files of ours have it, so that `money` reads the same again: never with just three decimals.

    >>> written(Decimal("1299.00")), written(Decimal("5.125"))
    ('1299.00', '5.1250')
    """
    if amount is None:
        return None
    text = f"{amount:f}"
    return f"{text}0" if len(text.partition(".")[2]) == 3 else text


def shown(text: str, longest: int = 60) -> str:
    """A value as messages quote it: shortened, on one line."""
    line = " ".join(text.split())
    return repr(line if len(line) <= longest else f"{line[:longest]}…")


def _currency(before: str, after: str, default: str | None, text: str) -> str | None:
    after = after.removesuffix("/-").removesuffix("–").removesuffix("-")
    signs = [sign for sign in (before.strip(" .:,").lower(), after.strip(" .:,").lower()) if sign]
    codes = []
    for sign in signs:
        if sign in CURRENCY_SIGNS:
            meant = CURRENCY_SIGNS[sign]
            codes.append(default if default in meant else meant[0])
        elif sign.upper() in CURRENCY_CODES:
            codes.append(sign.upper())
        else:
            raise ValueError(f"{shown(text)} is no price; what {shown(sign)} means is not known")
    if len(codes) == 2 and codes[0] != codes[1]:
        # "$19.99 CAD" and "CAD $19.99": the code says what the sign leaves open.
        said = [code for code, sign in zip(codes, signs, strict=True) if sign not in CURRENCY_SIGNS]
        loose = [sign for sign in signs if sign in CURRENCY_SIGNS]
        if len(said) != 1 or said[0] not in CURRENCY_SIGNS[loose[0]]:
            raise ValueError(f"{shown(text)} names two currencies, {codes[0]} and {codes[1]}")
        return said[0]
    return codes[0] if codes else default


def _number(digits: str, currency: str | None, text: str) -> Decimal:
    digits = digits.rstrip(".,")
    marks = [mark for mark in digits if mark in ".,"]
    if len(set(marks)) == 2:
        decimal_mark = marks[-1]
        if marks.count(decimal_mark) > 1:
            raise ValueError(f"{shown(text)} is no price; its separators contradict each other")
        whole, fraction = digits.rsplit(decimal_mark, 1)
        if not _THOUSANDS.fullmatch(whole):
            raise ValueError(f"{shown(text)} is no price; its thousands are not grouped by three")
        return _decimal(whole, fraction)
    if len(marks) > 1:
        if not _THOUSANDS.fullmatch(digits):
            raise ValueError(f"{shown(text)} is no price; its thousands are not grouped by three")
        return _decimal(digits, "")
    if not marks:
        return Decimal(digits)
    whole, fraction = digits.split(marks[0])
    if len(fraction) == 3 and currency not in THREE_DECIMALS and _THOUSANDS.fullmatch(digits):
        return _decimal(digits, "")
    if marks[0] == "," and len(fraction) > 3:
        raise ValueError(f"{shown(text)} is no price; a comma has two decimals or three digits of thousands after it")
    return _decimal(whole, fraction)


def _decimal(whole: str, fraction: str) -> Decimal:
    return Decimal(f"{whole.replace(',', '').replace('.', '')}.{fraction or '0'}")

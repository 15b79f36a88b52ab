"""Products counted by type, colour and price."""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

from functions.search.parts import ProductFacts
from functions.search.product_answers import Facets, PriceRange

# Ranges of one currency: as many as are read at a glance.
MOST_RANGES = 5
ROUND_STEPS = (1, 2, 5, 10)


def facets_of(products: Sequence[ProductFacts]) -> Facets:
    """Counts of some products; a set counts for each of its types."""
    types = Counter(name for one in products for name in one.types)
    colors = Counter(one.color for one in products if one.color)
    return Facets(
        types=dict(types.most_common()),
        colors=dict(colors.most_common()),
        prices=tuple(price_ranges((one.price, one.currency) for one in products if one.price is not None)),
    )


def price_ranges(prices: Iterable[tuple[Decimal, str | None]]) -> list[PriceRange]:
    """Ranges of round prices that hold all of them, currency by currency, empty ones left away.

    >>> found = price_ranges([(Decimal(7), "EUR"), (Decimal(93), "EUR")])
    >>> [(str(one.low), str(one.high), one.products) for one in found]
    [('0', '20', 1), ('80', '100', 1)]
    """
    by_currency: dict[str, list[Decimal]] = {}
    for price, currency in prices:
        by_currency.setdefault(currency or "", []).append(price)
    found = []
    for currency, own in sorted(by_currency.items()):
        step = round_step(max(own))
        counts = Counter(int(price // step) for price in own)
        found += [
            PriceRange(low=place * step, high=(place + 1) * step, currency=currency or None, products=counts[place])
            for place in sorted(counts)
        ]
    return found


def round_step(highest: Decimal) -> Decimal:
    """The smallest of 1, 2, 5, 10, 20, 50, … and their hundredths of which MOST_RANGES reach beyond a price."""
    scale = Decimal("0.01")
    while True:
        for one in ROUND_STEPS:
            if one * scale * MOST_RANGES > highest:
                return one * scale if one * scale < 1 else Decimal(int(one * scale))
        scale *= 10

"""What the shop sells: each cut in its fabrics, prints and colours."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from catalog_jobs.catalog.sample.wardrobe import Cut, wardrobe

GROUPS_FILE = Path(__file__).with_name("assortment.json")
# How a shop's tag names a print.
PRINT_TAGS = {
    "": "Solid", "breton": "Striped", "bold stripes": "Striped", "pinstripe": "Striped",
    "plaid": "Checked", "windowpane": "Checked", "dots": "Dotted", "ditsy": "Floral",
    "blooms": "Floral",
}  # fmt: skip
GRAPHIC = frozenset({"planet_tee", "sunset_tee"})


@dataclass(frozen=True)
class Group:
    """One style in its colours. colors: each a main colour and, after " + ", those of its print or its trims."""

    style: str
    cut: str
    fabric: str
    print: str
    gender: str
    price: int
    colors: tuple[str, ...]
    collections: str


@cache
def groups() -> tuple[Group, ...]:
    """All styles, in the order of the shop."""
    return tuple(Group(**row | {"colors": tuple(row["colors"])}) for row in json.loads(GROUPS_FILE.read_text("utf-8")))


@dataclass(frozen=True)
class Article:
    """One product: a group in one of its colours. number: its place in the shop, from 0; group_number: its group's."""

    number: int
    group_number: int
    group: Group
    color: str
    accents: tuple[str, ...]

    @property
    def cut(self) -> Cut:
        """How it is cut."""
        return wardrobe()[self.group.cut]

    @property
    def product_id(self) -> str:
        """Its id in both files."""
        return str(1001 + self.number)


def articles() -> Iterator[Article]:
    """All products, group by group."""
    number = 0
    for group_number, group in enumerate(groups(), start=1):
        for colors in group.colors:
            color, *accents = colors.split(" + ")
            yield Article(number, group_number, group, color, tuple(accents))
            number += 1

"""The cuts that the shop sells: what each is called, what it is, how it is drawn, what to look at closely."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from catalog_jobs.catalog.sample.cuts import bags, bottoms, dresses, hats, outerwear, shoes, small, tops, uniforms
from catalog_jobs.catalog.sample.drawing import Drawing

CUTS_FILE = Path(__file__).with_name("wardrobe.json")
RACKS = {
    "bags": bags, "bottoms": bottoms, "dresses": dresses, "hats": hats, "outerwear": outerwear, "shoes": shoes,
    "small": small, "tops": tops, "uniforms": uniforms,
}  # fmt: skip


@dataclass(frozen=True)
class Cut:
    """One cut. type: of the taxonomy. product_type: as the shop files it. about: a sentence on it.

    details: middles of the close pictures and how large they are, in units of the drawing.
    """

    name: str
    type: str
    product_type: str
    draw: Callable[[], Drawing]
    about: str
    details: tuple[tuple[float, float, float], ...]


@cache
def wardrobe() -> Mapping[str, Cut]:
    """The cuts by the names of the functions that draw them."""
    return {row["cut"]: _cut(row) for row in json.loads(CUTS_FILE.read_text("utf-8"))}


def _cut(row: Mapping[str, Any]) -> Cut:
    views = tuple((x, y, scale) for x, y, scale in row["details"])
    draw = getattr(RACKS[row["rack"]], row["cut"])
    return Cut(row["name"], row["type"], row["product_type"], draw, row["about"], views)

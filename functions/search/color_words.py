"""The colours that words name, held against the colours that the shop gives its products; pure."""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import pairwise

import numpy as np

from functions.search.chances import Floats
from functions.search.parts import ProductFacts
from functions.tagging.color_names import BASIC_COLORS, named_colors

# What a product of another colour than the words name loses of its log odds: its chance of 0.73 becomes 0.12. The
# cosines speak of colour too, so that this is less than shops' words are worth alone.
ANOTHER_COLOR = 3.0
_WORDS = re.compile(r"[a-z]+")


@lru_cache(maxsize=1024)
def colors_named(text: str | None) -> frozenset[str]:
    """The basic colours that words name, by themselves or by a shade; none where they name none.

    >>> sorted(colors_named("Navy or emerald silk dress")), sorted(colors_named("silk dress"))
    (['blue', 'green'], [])
    """
    words = _WORDS.findall((text or "").lower())
    pairs = ["".join(pair) for pair in pairwise(words)]
    return frozenset(basic for word in (*words, *pairs) if (basic := _basics().get(word)))


def color_odds(facts: Sequence[ProductFacts], colors: frozenset[str]) -> Floats:
    """What the shop's word for each product's colour adds to the log odds that words fit: 0, or less for another
    colour; 0 where the shop says none.
    """
    others = [bool(colors) and one.color is not None and one.color not in colors for one in facts]
    return np.where(others, -ANOTHER_COLOR, 0.0)


@cache
def _basics() -> dict[str, str]:
    shades = {"".join(_WORDS.findall(color.name.lower())): color.basic for color in named_colors()}
    return shades | {name: name for name in BASIC_COLORS} | {"gray": "grey"}

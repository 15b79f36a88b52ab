"""Tags of the form Key:Value as facets, whatever a shop's spelling of the key."""

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache

from catalog_jobs.catalog.text import one_line
from functions.tagging.color_names import BASIC_COLORS, named_colors

# A facet's name, and the keys that mean it, written without case, spaces and marks.
FACETS: dict[str, tuple[str, ...]] = {
    "color": ("color", "colour", "colors", "colours", "colorname", "colourname", "basecolour", "basecolor", "shade"),
    "fabric": ("fabric", "fabrics", "material", "materials", "composition", "fabrictype", "cloth", "textile"),
    "gender": ("gender", "sex", "targetgender", "for"),
    "print": ("print", "prints", "pattern", "patterns", "printtype", "printpattern", "printorpattern"),
    "group_id": ("groupid", "group", "itemgroupid", "variantgroup", "productgroup", "parentid", "parentsku"),
    "style_id": ("styleid", "style", "stylecode", "styleno", "stylenumber", "model"),
    "size": ("size", "sizes"),
    "fit": ("fit", "fittype"),
    "length": ("length", "hemlength", "dresslength", "skirtlength"),
    "neckline": ("neckline", "neck", "necktype", "collar"),
    "sleeve": ("sleeve", "sleeves", "sleevelength", "sleevetype"),
    "occasion": ("occasion", "occasions"),
    "season": ("season", "seasons"),
    "brand": ("brand", "vendor", "label"),
}
NAME_OF_KEY = {key: name for name, keys in FACETS.items() for key in keys}
# Words of colours that are none of the list's names; several colours at once are no colour.
COLOR_WORDS = {
    "gray": "grey", "ecru": "ivory", "multi": "", "multicolor": "", "multicolour": "",
    "multicolored": "", "multicoloured": "", "assorted": "",
}  # fmt: skip
MAX_KEY_WORDS = 3
MAX_REPEATED = 40

_NOT_KEY = re.compile(r"[^a-z0-9]+")
_WORDS = re.compile(r"[a-z]+")
_COLORS_APART = re.compile(r"[/&+,;|]|\band\b")


def split_tags(text: str) -> tuple[str, ...]:
    """The tags of a cell, parted by commas, or by semicolons or bars where it has no comma; each once, in order.

    >>> split_tags("Colour:Sage Green, Fabric:Linen, new")
    ('Colour:Sage Green', 'Fabric:Linen', 'new')
    """
    mark = next((mark for mark in ",;|\n" if mark in text), ",")
    return distinct(text.split(mark))


def distinct(values: Iterable[str]) -> tuple[str, ...]:
    """The values on one line each, without empty ones and those said before, in order."""
    return tuple(dict.fromkeys(line for value in values if (line := _line(value))))


def _line(value: str) -> str:
    return _short_line(value) if len(value) <= MAX_REPEATED else one_line(value)


# Shops say the same few colours, fabrics and sizes of all that they sell.
_short_line = lru_cache(maxsize=16384)(one_line)


@lru_cache(maxsize=4096)
def facet_name(key: str) -> str:
    """What facets call a key: one of FACETS for its spellings, else the key in lower case with underscores.

    >>> facet_name("Colour"), facet_name("Group ID"), facet_name("Wash Care")
    ('color', 'group_id', 'wash_care')
    """
    lower = key.lower().strip()
    return NAME_OF_KEY.get(_NOT_KEY.sub("", lower)) or _NOT_KEY.sub("_", lower).strip("_")


def facets_of(tags: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """What tags of the form Key:Value say, the values of a key in order, each once; other tags say nothing.

    >>> facets_of(["Color: Red", "GroupID:7", "sale", "Colour:Blue"])
    {'color': ('Red', 'Blue'), 'group_id': ('7',)}
    """
    found: dict[str, list[str]] = {}
    for tag in tags:
        key, mark, value = tag.partition(":")
        is_key = mark and len(key.split()) <= MAX_KEY_WORDS and not value.startswith("//")
        name = facet_name(key) if is_key else ""
        if name and value.strip():
            found.setdefault(name, []).append(value)
    return {name: distinct(given) for name, given in found.items()}


def merged(facets: Mapping[str, tuple[str, ...]], more: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Facets with those of another source beside them; what the first says of a name stands first."""
    if not more:
        return dict(facets)
    names = dict.fromkeys((*facets, *more))
    return {name: distinct((*facets.get(name, ()), *more.get(name, ()))) for name in names}


def color_of(values: Iterable[str]) -> tuple[str, str] | None:
    """The name in our list and the basic colour of the first value that has one, None where none has.

    Of several words the last that fit; of several colours the first, which is the leading one.

    >>> color_of(["Multicolour", "Dusty Sage Green / White"])
    ('sage', 'green')
    """
    parts = (part for value in values for part in _COLORS_APART.split(value.lower()))
    return next((found for part in parts if (found := _named(part))), None)


@lru_cache(maxsize=4096)
def _named(value: str) -> tuple[str, str] | None:
    words = [COLOR_WORDS.get(word, word) for word in _WORDS.findall(value)]
    if not words or "" in words:
        return None
    names = _names()
    for length in range(len(words), 0, -1):
        for start in range(len(words) - length, -1, -1):
            found = names.get("".join(words[start : start + length]))
            if found:
                shade = names.get(words[start - 1]) if start else None
                # In "sage green" the shade says more than the basic colour behind it; in "rose gold" it does not.
                return shade if shade and shade[1] == found[0] else found
    return None


@cache
def _names() -> Mapping[str, tuple[str, str]]:
    rows = {"".join(_WORDS.findall(color.name)): (color.name, color.basic) for color in named_colors()}
    return {name: (name, name) for name in BASIC_COLORS} | rows

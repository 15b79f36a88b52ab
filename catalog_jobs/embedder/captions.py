"""Captions: what words say of a garment, how to phrase it, and how well they fit what is known of one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from catalog_jobs.embedder.garments import Garment
from functions.tagging.color_names import BASIC_COLORS, NamedColor, ciede2000, from_hex, lab_of, named_colors

UNKNOWN: Final = -1.0
NOTHING: Final = "nothing"

KINDS_OF_GROUP: Final[Mapping[str, tuple[str, ...]]] = {
    "top": (
        "blouse", "shirt", "t-shirt", "top", "sweater", "sweatshirt", "jumper", "hoodie", "bodysuit", "bra",
        "cardigan", "intimate", "swimwear", "photo:t-shirt", "photo:longsleeve", "photo:shirt",
    ),
    "outerwear": ("coat", "jacket", "blazer", "cape", "vest", "suit", "photo:outwear"),
    "dress": ("dress", "romper", "photo:dress"),
    "skirt": ("skirt", "photo:skirt"),
    "pants": ("pants", "jeans", "leggings", "photo:pants"),
    "shorts": ("shorts", "panties", "photo:shorts"),
    "legwear": ("socks", "stockings", "tights"),
    "shoes": (
        "shoes", "boots", "heels", "pumps", "flats", "loafers", "sandals", "sneakers", "wedges", "clogs",
        "photo:shoes",
    ),
    "bag": ("bag", "purse", "wallet"),
    "hat": ("hat", "photo:hat"),
    "eyewear": ("sunglasses", "glasses"),
    "scarf": ("scarf", "tie"),
    "belt": ("belt",),
    "jewelry": ("necklace", "bracelet", "ring", "earrings", "watch", "accessories", "gloves"),
    NOTHING: ("none:street", "none:skin", "none:hair", "none:lettering"),
}  # fmt: skip
GROUP_OF_KIND: Final = {kind: group for group, kinds in KINDS_OF_GROUP.items() for kind in kinds}
KINDS: Final = tuple(GROUP_OF_KIND)
GROUPS: Final = tuple(KINDS_OF_GROUP)

# word → the kinds that it fits. Of the rest of its group nothing is known, unless the word is in FIRM.
WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    # whole groups
    "top": KINDS_OF_GROUP["top"], "upper garment": KINDS_OF_GROUP["top"], "topwear": KINDS_OF_GROUP["top"],
    "outerwear": KINDS_OF_GROUP["outerwear"], "coat or jacket": KINDS_OF_GROUP["outerwear"],
    "dress": KINDS_OF_GROUP["dress"], "gown": KINDS_OF_GROUP["dress"], "frock": KINDS_OF_GROUP["dress"],
    "skirt": KINDS_OF_GROUP["skirt"],
    "pants": KINDS_OF_GROUP["pants"], "trousers": KINDS_OF_GROUP["pants"], "slacks": KINDS_OF_GROUP["pants"],
    "shorts": KINDS_OF_GROUP["shorts"], "short pants": KINDS_OF_GROUP["shorts"],
    "legwear": KINDS_OF_GROUP["legwear"], "hosiery": KINDS_OF_GROUP["legwear"],
    "tights or socks": KINDS_OF_GROUP["legwear"], "glasses or sunglasses": KINDS_OF_GROUP["eyewear"],
    "shoes": KINDS_OF_GROUP["shoes"], "footwear": KINDS_OF_GROUP["shoes"], "shoe": KINDS_OF_GROUP["shoes"],
    "bag": KINDS_OF_GROUP["bag"], "handbag": KINDS_OF_GROUP["bag"],
    "hat": KINDS_OF_GROUP["hat"], "headwear": KINDS_OF_GROUP["hat"], "cap": KINDS_OF_GROUP["hat"],
    "eyewear": KINDS_OF_GROUP["eyewear"], "scarf": ("scarf",), "shawl": ("scarf",), "necktie": ("tie",),
    "neckwear": KINDS_OF_GROUP["scarf"], "belt": ("belt",), "waist belt": ("belt",),
    "jewelry": KINDS_OF_GROUP["jewelry"], "jewellery": KINDS_OF_GROUP["jewelry"],
    "accessory": KINDS_OF_GROUP["jewelry"],
    # finer words
    "blouse": ("blouse",), "shirt": ("shirt", "photo:shirt"), "button-up shirt": ("shirt", "photo:shirt"),
    "dress shirt": ("shirt", "photo:shirt"), "collared shirt": ("shirt", "photo:shirt"),
    "t-shirt": ("t-shirt", "photo:t-shirt"), "tee": ("t-shirt", "photo:t-shirt"),
    "short-sleeved t-shirt": ("t-shirt", "photo:t-shirt"),
    "long-sleeved top": ("sweater", "sweatshirt", "jumper", "hoodie", "photo:longsleeve"),
    "longsleeve": ("photo:longsleeve",), "long sleeve shirt": ("photo:longsleeve",),
    "sweater": ("sweater", "jumper"), "pullover": ("sweater", "jumper", "sweatshirt"),
    "knitwear": ("sweater", "jumper", "cardigan"), "sweatshirt": ("sweatshirt", "hoodie"),
    "hoodie": ("hoodie",), "cardigan": ("cardigan",), "bodysuit": ("bodysuit",),
    "coat": ("coat",), "overcoat": ("coat",), "jacket": ("jacket", "blazer"), "blazer": ("blazer",),
    "suit jacket": ("blazer", "suit"), "cape": ("cape",), "vest": ("vest",), "waistcoat": ("vest",),
    "gilet": ("vest",), "suit": ("suit",), "jacket or coat": KINDS_OF_GROUP["outerwear"],
    "outwear": KINDS_OF_GROUP["outerwear"], "romper": ("romper",), "jumpsuit": ("romper",),
    "jeans": ("jeans",), "denim pants": ("jeans",), "denim jeans": ("jeans",), "leggings": ("leggings",),
    "stockings": ("stockings",), "tights": ("tights", "stockings"), "socks": ("socks",),
    "boots": ("boots",), "high heels": ("heels", "pumps"), "heels": ("heels", "pumps", "wedges"),
    "pumps": ("pumps", "heels"), "flats": ("flats",), "loafers": ("loafers",), "sandals": ("sandals",),
    "sneakers": ("sneakers",), "trainers": ("sneakers",), "wedges": ("wedges",),
    "purse": ("purse",), "clutch": ("purse",), "shoulder bag": ("bag", "purse"), "tote": ("bag",),
    "wallet": ("wallet",), "sunglasses": ("sunglasses",), "shades": ("sunglasses",), "glasses": ("glasses",),
    "spectacles": ("glasses",), "necklace": ("necklace",), "bracelet": ("bracelet",), "bangle": ("bracelet",),
    "ring": ("ring",), "earrings": ("earrings",), "watch": ("watch",), "gloves": ("gloves",),
    # what is none
    "no garment": KINDS_OF_GROUP[NOTHING], "empty background": ("none:street",), "a wall": ("none:street",),
    "a street": ("none:street",), "plants and furniture": ("none:street",), "bare skin": ("none:skin",),
    "skin": ("none:skin",), "legs or arms": ("none:skin",), "hair": ("none:hair",), "lettering": ("none:lettering",),
}  # fmt: skip
# The clothing photos tell these three apart by hand, so that each one's word does not fit the other two.
APART: Final = ("photo:t-shirt", "photo:longsleeve", "photo:shirt")
PLURALS: Final = frozenset(
    {"pants", "trousers", "slacks", "shorts", "shoes", "boots", "heels", "pumps", "flats", "loafers", "sandals",
     "sneakers", "trainers", "wedges", "jeans", "leggings", "stockings", "tights", "socks", "sunglasses", "shades",
     "glasses", "spectacles", "earrings", "gloves"}
)  # fmt: skip
BARE: Final = frozenset(
    {"tights or socks", "glasses or sunglasses", "footwear", "headwear", "eyewear", "legwear", "hosiery", "outerwear",
     "outwear", "topwear", "knitwear", "jewelry", "jewellery", "neckwear", "bare skin", "skin", "hair", "lettering",
     "no garment", "a wall", "a street",
     "empty background", "plants and furniture", "legs or arms", "coat or jacket", "jacket or coat"}
)  # fmt: skip

# Shades beside the named colours of functions/tagging/colors.json, as shops write them; value: sRGB.
MORE_SHADES: Final = {
    "crimson": ("#a8152e", "red"), "ruby": ("#9b1b35", "red"), "oxblood": ("#4f1218", "red"),
    "tangerine": ("#f28022", "orange"), "copper": ("#b4673b", "orange"), "canary": ("#f6e24b", "yellow"),
    "jade": ("#1f8a63", "green"), "pistachio": ("#b5cf94", "green"), "moss green": ("#6b713a", "green"),
    "cyan": ("#2fb5d0", "blue"), "azure": ("#3f87d6", "blue"), "sapphire": ("#1c3f95", "blue"),
    "periwinkle": ("#8f97d6", "purple"), "eggplant": ("#442040", "purple"), "ecru": ("#dccfb2", "beige"),
    "bone": ("#e6dfcf", "beige"), "espresso": ("#3b2a22", "brown"), "tobacco": ("#7d5836", "brown"),
    "coffee": ("#57402f", "brown"), "graphite": ("#47494c", "grey"), "ash grey": ("#9a9c9b", "grey"),
    "jet black": ("#0b0b0d", "black"), "snow white": ("#fbfbfb", "white"), "bubblegum pink": ("#f48fbd", "pink"),
}  # fmt: skip
# Depth words: what they mean for the lightness (0 to 100), from and to.
DEPTHS: Final = {"light": (62, 101), "pale": (72, 101), "dark": (-1, 34), "deep": (-1, 38), "bright": (45, 101)}
PATTERN_WORDS: Final = {
    "solid": ("solid", "plain", "solid-coloured", "unpatterned"),
    "striped": ("striped", "stripy", "with stripes", "pinstriped"),
    "checked": ("checked", "plaid", "tartan", "gingham", "with checks"),
    "floral": ("floral", "flowered", "with a floral print", "with flowers"),
    "dotted": ("dotted", "polka dot", "spotted", "with polka dots"),
    "graphic": ("graphic", "with a graphic print", "with a logo", "printed with a picture"),
}
SLEEVE_WORDS: Final = {
    "none": ("sleeveless", "without sleeves"),
    "short": ("short-sleeved", "with short sleeves"),
    "long": ("long-sleeved", "with long sleeves"),
}
LENGTH_WORDS: Final = {
    "short": ("short", "mini", "above-the-knee", "with a short hem"),
    "midi": ("midi", "knee-length", "calf-length"),
    "long": ("long", "maxi", "floor-length", "ankle-length"),
}
ATTRIBUTE_WORDS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "pattern": PATTERN_WORDS,
    "sleeve": SLEEVE_WORDS,
    "length": LENGTH_WORDS,
}
# What a looser label rules out and what it leaves open.
LOOSE: Final = {("sleeve", "none or short"): ("none", "short")}

TEMPLATES: Final = (
    "{}", "{}", "{}", "a photo of {}", "a picture of {}", "someone wearing {}", "a woman in {}", "{} on the street",
    "close-up of {}", "{} for sale", "a man wearing {}", "{}, cut out", "fashion photo: {}",
)  # fmt: skip


@dataclass(frozen=True)
class Caption:
    """Words and what they claim. word: a key of WORDS or None. shade: the colour claimed, or None. depth: a key of
    DEPTHS or None, with the shade of a basic colour. attributes: name → value claimed.
    """

    text: str
    word: str | None = None
    shade: NamedColor | None = None
    depth: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()


@cache
def shades() -> tuple[NamedColor, ...]:
    """All colours that captions name, the twelve basic ones first (by their most typical shade)."""
    typical = {"beige": "beige", "grey": "grey"}
    by_name = {color.name: color for color in named_colors()}
    basic = [by_name[typical.get(name, name)] for name in BASIC_COLORS]
    more = [NamedColor(name, code, owner) for name, (code, owner) in MORE_SHADES.items()]
    return (*basic, *(color for color in named_colors() if color.name not in BASIC_COLORS), *more)


@cache
def word_table() -> NDArray[np.float32]:
    """How each word fits each kind (W×K): 1, 0, or UNKNOWN."""
    table = np.zeros((len(WORDS), len(KINDS)), np.float32)
    for row, fits in enumerate(WORDS.values()):
        groups = {GROUP_OF_KIND[kind] for kind in fits}
        for column, kind in enumerate(KINDS):
            if kind in fits:
                table[row, column] = 1
            elif GROUP_OF_KIND[kind] in groups:
                is_apart = kind in APART and any(other in fits for other in APART)
                table[row, column] = 0 if is_apart else UNKNOWN
    return table


def phrase(rng: np.random.Generator, word: str | None, before: Sequence[str], after: Sequence[str] = ()) -> str:
    """One of several ways to say it."""
    noun = word or str(rng.choice(["clothes", "garment", "something", "clothing", "piece"]))
    words = " ".join([*before, noun, *after]) if noun != "something" else " ".join(["something", *before, *after])
    if noun in PLURALS:
        text = words if rng.random() < 0.7 else f"a pair of {words}"
    elif noun in BARE or noun in ("clothes", "something", "clothing"):
        text = words
    else:
        text = words if rng.random() < 0.4 else f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
    return str(rng.choice(np.array(TEMPLATES, object))).format(text)


def caption_of(garment: Garment, rng: np.random.Generator) -> Caption:
    """A caption that fits a garment: its type, its colour, more of it, or several of these."""
    column = KINDS.index(garment.kind)
    fitting = [word for word, fits in zip(WORDS, word_table()[:, column], strict=True) if fits == 1]
    word: str | None = str(rng.choice(np.array(fitting, object)))
    before: list[str] = []
    after: list[str] = []
    shade, depth, claimed = None, None, []
    if garment.kind.startswith("none:"):
        return Caption(phrase(rng, word, []), word)
    if garment.cloth is not None and rng.random() < 0.75:
        shade, depth = fitting_shade(garment, rng)
        before.extend([depth] if depth else [])
        before.append(shade.name)
        if rng.random() < 0.25:
            word = None
    for name, words in ATTRIBUTE_WORDS.items():
        value = garment.known.get(name)
        if (
            value is not None
            and value in words
            and rng.random() < (0.6 if name == "pattern" and value != "solid" else 0.3)
        ):
            how = str(rng.choice(np.array(words[value], object)))
            (after if how.startswith(("with", "without", "printed")) else before).append(how)
            claimed.append((name, value))
    rng.shuffle(before)
    return Caption(phrase(rng, word, before, after), word, shade, depth, tuple(claimed))


def fitting_shade(garment: Garment, rng: np.random.Generator) -> tuple[NamedColor, str | None]:
    """A colour word that fits: the basic colour, with or without its depth, or one of the nearest shades."""
    assert garment.cloth is not None  # noqa: S101  # asked by the caller
    basic = next(color for color in shades() if color.name == garment.basic)
    if rng.random() < 0.55:
        light = float(garment.cloth.lab[0])
        depths = [depth for depth, (low, high) in DEPTHS.items() if low < light < high]
        plain = basic.basic in ("black", "white")
        return basic, str(rng.choice(depths)) if depths and not plain and rng.random() < 0.35 else None
    distances = ciede2000(shade_labs(), garment.cloth.lab)
    near = np.argsort(distances)[:3]
    return shades()[int(rng.choice(near))], None


def any_caption(rng: np.random.Generator) -> Caption:
    """A caption of nothing in particular, which most garments do not fit."""
    word = None if rng.random() < 0.15 else str(rng.choice(np.array(list(WORDS), object)))
    shade = None if rng.random() < 0.35 else shades()[int(rng.integers(len(shades())))]
    if word and word in WORDS and set(WORDS[word]) & set(KINDS_OF_GROUP[NOTHING]):
        return Caption(phrase(rng, word, []), word)
    before = [shade.name] if shade else []
    claimed: list[tuple[str, str]] = []
    if rng.random() < 0.3 or (word is None and shade is None):
        name = str(rng.choice(list(ATTRIBUTE_WORDS)))
        value = str(rng.choice(list(ATTRIBUTE_WORDS[name])))
        before.insert(0, ATTRIBUTE_WORDS[name][value][0])
        claimed.append((name, value))
    return Caption(phrase(rng, word, before), word, shade, None, tuple(claimed))


@cache
def shade_labs() -> NDArray[np.float32]:
    """CIELAB (S×3) of `shades()`."""
    return np.array([lab_of(color) if color.name not in MORE_SHADES else from_hex(color.hex) for color in shades()])


# CIEDE2000 at which a named shade is half believed, and within which a neighbouring basic colour is left open.
SHADE_WIDTH, BORDER_WIDTH = 13.0, 9.0


def fit(captions: Sequence[Caption], garments: Sequence[Garment]) -> NDArray[np.float32]:
    """How well each caption fits each garment (C×G): 0 to 1, or UNKNOWN where what is claimed is not known."""
    table = word_table()
    words = list(WORDS)
    columns = [KINDS.index(garment.kind) for garment in garments]
    types = np.stack(
        [np.ones(len(garments)) if c.word is None else table[words.index(c.word)][columns] for c in captions]
    )
    is_none = np.array([garment.kind.startswith("none:") for garment in garments])
    # What is no garment is not "something red" either.
    types[:, is_none] = np.where(np.array([c.word is None for c in captions])[:, None], 0, types[:, is_none])
    by_attribute = [attribute_fit(name, captions, garments) for name in ATTRIBUTE_WORDS]
    stacked = np.stack([types, color_fit(captions, garments), *by_attribute])
    is_open = (stacked == UNKNOWN).any(0)
    product = np.where(stacked == UNKNOWN, 1, stacked).prod(0)
    return np.where(is_open & (product > 0.05), UNKNOWN, product).astype(np.float32)


def color_fit(captions: Sequence[Caption], garments: Sequence[Garment]) -> NDArray[np.float32]:
    """The colour's part of `fit` (C×G)."""
    labs = np.array([np.full(3, np.nan) if g.cloth is None else g.cloth.lab for g in garments], np.float64)
    unseen = np.isnan(labs[:, 0])
    distances = ciede2000(shade_labs()[:, None], np.nan_to_num(labs)[None])
    owners = np.array([color.basic for color in shades()])
    nearest = {basic: distances[owners == basic].min(0) for basic in BASIC_COLORS}
    basics = np.array([g.basic or "" for g in garments])
    order = {color.name: index for index, color in enumerate(shades())}
    rows = np.ones((len(captions), len(garments)), np.float32)
    for row, caption in zip(rows, captions, strict=True):
        if caption.shade is None:
            continue
        shade = caption.shade
        if shade.name == shade.basic:
            row[:] = np.where(basics == shade.basic, 1, np.where(nearest[shade.basic] < BORDER_WIDTH, UNKNOWN, 0))
            if caption.depth:
                low, high = DEPTHS[caption.depth]
                outside = np.maximum(low - labs[:, 0], labs[:, 0] - high)
                row[:] = np.where(np.nan_to_num(outside) > 10, 0, np.where(np.nan_to_num(outside) > 0, UNKNOWN, row))
        else:
            away = distances[order[shade.name]]
            row[:] = np.exp(-((away / SHADE_WIDTH) ** 2))
            row[(basics != shade.basic) & (away > BORDER_WIDTH)] = 0
        row[unseen] = UNKNOWN
    return rows


def attribute_fit(name: str, captions: Sequence[Caption], garments: Sequence[Garment]) -> NDArray[np.float32]:
    """One attribute's part of `fit` (C×G)."""
    claims = [dict(caption.attributes).get(name) for caption in captions]
    rows = np.ones((len(captions), len(garments)), np.float32)
    for column, garment in enumerate(garments):
        known = garment.known.get(name)
        may_be = LOOSE.get((name, known or ""))
        for row, claim in enumerate(claims):
            if claim is None:
                continue
            if known is None or (may_be and claim in may_be):
                rows[row, column] = UNKNOWN
            else:
                rows[row, column] = float(claim == known)
    return rows

"""The one list of garment types, and what other vocabularies call them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class GarmentType:
    """One row of the taxonomy.

    min_share: smallest share of the frame that counts as this type where that is below the setting's; None means
    the setting alone. mistaken_for: types that a detector confuses with this one from frame to frame.
    """

    name: str
    min_share: float | None = None
    mistaken_for: tuple[str, ...] = ()


GARMENT_TYPES: tuple[GarmentType, ...] = (
    GarmentType("top", mistaken_for=("outerwear", "dress")),
    GarmentType("outerwear", mistaken_for=("top", "dress")),
    GarmentType("dress", mistaken_for=("top", "outerwear", "skirt")),
    GarmentType("skirt", mistaken_for=("dress", "shorts", "pants")),
    GarmentType("pants", mistaken_for=("legwear", "shorts", "skirt")),
    GarmentType("shorts", mistaken_for=("pants", "skirt")),
    GarmentType("legwear", mistaken_for=("pants", "shoes")),
    GarmentType("shoes", min_share=0.0008, mistaken_for=("legwear",)),
    GarmentType("bag", min_share=0.0015),
    GarmentType("hat", min_share=0.0008),
    GarmentType("eyewear", min_share=0.0003),
    GarmentType("scarf", min_share=0.0012),
    GarmentType("belt", min_share=0.0004),
    GarmentType("jewelry", min_share=0.0003),
)
TYPES_BY_NAME = {row.name: row for row in GARMENT_TYPES}

# What the parser also names, and what is never an item.
NOT_ITEMS = frozenset({"background", "skin", "hair"})

# The 46 labels of Fashionpedia (Jia et al. 2020) as YOLOS-Fashionpedia writes them; None for parts and closures.
YOLOS_FASHIONPEDIA: dict[str, str | None] = {
    "shirt, blouse": "top",
    "top, t-shirt, sweatshirt": "top",
    "sweater": "top",
    "cardigan": "top",
    "jacket": "outerwear",
    "vest": "outerwear",
    "pants": "pants",
    "shorts": "shorts",
    "skirt": "skirt",
    "coat": "outerwear",
    "dress": "dress",
    "jumpsuit": "dress",
    "cape": "outerwear",
    "glasses": "eyewear",
    "hat": "hat",
    "headband, head covering, hair accessory": "hat",
    "tie": "scarf",
    "glove": "jewelry",
    "watch": "jewelry",
    "belt": "belt",
    "leg warmer": "legwear",
    "tights, stockings": "legwear",
    "sock": "legwear",
    "shoe": "shoes",
    "bag, wallet": "bag",
    "scarf": "scarf",
    "umbrella": None,
    "hood": None,
    "collar": None,
    "lapel": None,
    "epaulette": None,
    "sleeve": None,
    "pocket": None,
    "neckline": None,
    "buckle": None,
    "zipper": None,
    "applique": None,
    "bead": None,
    "bow": None,
    "flower": None,
    "fringe": None,
    "ribbon": None,
    "rivet": None,
    "ruffle": None,
    "sequin": None,
    "tassel": None,
}


def garment_type(label: str) -> str | None:
    """The type that a detector's label means; None for skin, hair, garment parts and words that nobody mapped.

    >>> garment_type("coat"), garment_type("sleeve"), garment_type("top")
    ('outerwear', None, 'top')
    """
    return label if label in TYPES_BY_NAME else YOLOS_FASHIONPEDIA.get(label)


def may_be_same(one: str, other: str) -> bool:
    """Whether two detections of these types may be one garment: the same type, or types that get confused."""
    return one == other or other in TYPES_BY_NAME[one].mistaken_for or one in TYPES_BY_NAME[other].mistaken_for


def min_share(name: str, default: float) -> float:
    """Smallest share of the frame that counts as this type, given the setting for all of them."""
    own = TYPES_BY_NAME[name].min_share
    return default if own is None else min(own, default)

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


# The words that Grounding DINO may be asked for: those of the prompts that this project grew from, those of our own,
# and plain ones that a prompt of somebody's own is likely to hold; None for what may be part of a garment.
GROUNDING_DINO: dict[str, str | None] = {
    "topwear": "top",
    "bottomwear": "pants",
    "outerwear": "outerwear",
    "footwear": "shoes",
    "headgear": "hat",
    "wristwear": "jewelry",
    "accessories": "jewelry",
    "bag": "bag",
    "cap": "hat",
    "hat": "hat",
    "headband": "hat",
    "bow": None,
    "shirt": "top",
    "t-shirt": "top",
    "blouse": "top",
    "sweatshirt": "top",
    "hoodie": "top",
    "blazer": "outerwear",
    "gown": "dress",
    "jeans": "pants",
    "trousers": "pants",
    "leggings": "legwear",
    "stockings": "legwear",
    "tights": "legwear",
    "socks": "legwear",
    "shoes": "shoes",
    "sneakers": "shoes",
    "boots": "shoes",
    "heels": "shoes",
    "sandals": "shoes",
    "handbag": "bag",
    "backpack": "bag",
    "purse": "bag",
    "sunglasses": "eyewear",
    "gloves": "jewelry",
    "necklace": "jewelry",
    "earrings": "jewelry",
    "bracelet": "jewelry",
    "ring": "jewelry",
}
VOCABULARY = YOLOS_FASHIONPEDIA | GROUNDING_DINO


def garment_type(label: str) -> str | None:
    """The type that a detector's label means; None for skin, hair, garment parts and words that nobody mapped.

    >>> garment_type("coat"), garment_type("footwear"), garment_type("sleeve"), garment_type("top")
    ('outerwear', 'shoes', None, 'top')
    """
    return label if label in TYPES_BY_NAME else VOCABULARY.get(label)


def may_be_same(one: str, other: str) -> bool:
    """Whether two detections of these types may be one garment: the same type, or types that get confused."""
    return one == other or other in TYPES_BY_NAME[one].mistaken_for or one in TYPES_BY_NAME[other].mistaken_for


def min_share(name: str, default: float) -> float:
    """Smallest share of the frame that counts as this type, given the setting for all of them."""
    own = TYPES_BY_NAME[name].min_share
    return default if own is None else min(own, default)

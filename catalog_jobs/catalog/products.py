"""A product as the shop sells it, checked and without the quirks of the file that it came in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

# Beyond it the words of a product no longer say what it looks like; the seed of this room cut at 35 to 40.
MAX_WORDS = 40
MAX_GROUP_CHARACTERS = 255
# Facets in the order in which a product is described by them.
DESCRIBING_FACETS = ("color", "fabric", "print")


@dataclass(frozen=True, slots=True)
class Product:
    """One product. types: what it is or holds by the taxonomy, the leading one first; a set has several, a mug none.

    price is what is asked, list_price what it was before (the two-file format's mrp); both in currency (ISO 4217), None
    where the file does not say. stock: pieces; None where the file does not say. facets: what the tags say by name, see
    `tags.FACETS`. pictures: in the shop's order, by `pictures.picture_key` the URL of the largest size; one without a
    scheme is a path relative to pictures_folder.
    """

    product_id: str
    title: str
    description: str = ""
    product_type: str = ""
    types: tuple[str, ...] = ()
    alias: str = ""
    price: Decimal | None = None
    list_price: Decimal | None = None
    currency: str | None = None
    discount_percent: Decimal | None = None
    stock: int | None = None
    tags: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    color_name: str | None = None
    color_basic: str | None = None
    pictures: Mapping[str, str] = field(default_factory=dict)
    pictures_folder: str | None = None

    @property
    def group_id(self) -> str | None:
        """What its variants share; None where the shop does not group."""
        found = next(iter(self.facets.get("group_id", ())), None)
        return found[:MAX_GROUP_CHARACTERS] if found else None

    @property
    def words(self) -> str:
        """What a text embedder is told of the product: type, colour, fabric, print, for whom, title, description;
        40 words at most. Prices, stock, tags beyond these and collections change nothing in it.
        """
        said = [self.product_type, *(value for name in DESCRIBING_FACETS for value in self.facets.get(name, ()))]
        said += [f"for {value}" for value in self.facets.get("gender", ())]
        return " ".join(" ".join([*said, self.title, self.description]).split()[:MAX_WORDS])

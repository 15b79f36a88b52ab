"""The words and numbers of a product: title, description, tags, prices."""

import random
from dataclasses import dataclass

from catalog_jobs.catalog.sample.assortment import GRAPHIC, PRINT_TAGS, Article

COLUMNS = (
    "id", "title", "description", "product_type", "alias", "mrp", "price_display_amount", "discount_percentage",
    "product_tags", "product_collections",
)  # fmt: skip
CURRENCY = "EUR"
# Most things are sold at their price.
DISCOUNTS = (0, 0, 0, 0, 10, 20, 30)
# The fabric is left out of a title where a word of the cut's name says it.
SAID_BY_CUT = {
    "Denim": ("denim", "jeans"), "Sheer": ("tights",), "Acetate": ("sunglasses",), "Canvas": ("high-top",),
    "Nylon": ("flight",),
}  # fmt: skip
FABRIC_WORDS = {"Metal": "", "Ribbed Knit": "ribbed", "Knit": "knitted", "Sheer": "opaque", "Fleece": "brushed"}
CARE = {
    "Leather": "Wipe with a soft cloth.", "Metal": "Keep dry.", "Acetate": "Comes with a case.",
    "Straw": "Brush gently.", "Canvas": "Spot clean.", "Silk": "Dry clean.", "Wool": "Dry clean.",
    "Satin": "Wash by hand.", "Knit": "Wash by hand.",
}  # fmt: skip
# Of these a title names both colours.
OF_TWO_COLORS = frozenset({"breton", "bold stripes", "pinstripe", "dots", "windowpane"})


@dataclass(frozen=True)
class Price:
    """A price before and after its discount, in hundredths."""

    list_cents: int
    discount_percent: int

    @property
    def asked_cents(self) -> int:
        """What is paid, rounded down to ten cents."""
        return self.list_cents * (100 - self.discount_percent) // 1000 * 10


def row_of(article: Article, rng: random.Random) -> dict[str, str]:
    """The product's row of products.csv, by column."""
    price = Price(article.group.price * 100 - 10, rng.choice(DISCOUNTS))
    title = title_of(article)
    return {
        "id": article.product_id,
        "title": title,
        "description": description_of(article),
        "product_type": article.cut.product_type,
        "alias": "-".join("".join(c if c.isalnum() else " " for c in title.lower()).split()),
        "mrp": amount(price.list_cents),
        "price_display_amount": amount(price.asked_cents),
        "discount_percentage": str(price.discount_percent),
        "product_tags": ", ".join(tags_of(article)),
        "product_collections": article.group.collections,
    }


def amount(cents: int) -> str:
    """A price as it is written: "EUR 24.90"."""
    return f"{CURRENCY} {cents // 100}.{cents % 100:02d}"


def title_of(article: Article) -> str:
    """Style, print, fabric, cut and colours: "Marin striped cotton t-shirt in off-white and navy"."""
    group, name = article.group, article.cut.name
    is_said = any(word in name for word in SAID_BY_CUT.get(group.fabric, ()))
    fabric = "" if is_said else FABRIC_WORDS.get(group.fabric, group.fabric.lower())
    words = [group.style, PRINT_TAGS[group.print].lower() if group.print else "", fabric, name, "in", article.color]
    shown = article.accents[:1] if group.print in OF_TWO_COLORS else ()
    return " ".join([*filter(None, words), *(f"and {color}" for color in shown)])


def description_of(article: Article) -> str:
    """Two or three sentences on the product."""
    group = article.group
    cloth = "Gold- or silver-plated brass" if group.fabric == "Metal" else group.fabric.capitalize()
    made = f"{cloth}, {print_tag(article).lower()}, {article.color}."
    return " ".join(filter(None, [article.cut.about, made, CARE.get(group.fabric, "Machine wash cold.")]))


def print_tag(article: Article) -> str:
    """What the tag "Print" says."""
    return "Graphic" if article.group.cut in GRAPHIC else PRINT_TAGS[article.group.print]


def tags_of(article: Article) -> list[str]:
    """Tags of the form Key:Value."""
    group = article.group
    group_id = f"G{article.group_number:03d}"
    code = "".join(c for c in article.color.upper() if c.isalpha())
    return [
        f"Colour:{article.color.title()}",
        f"Fabric:{group.fabric}",
        f"Gender:{group.gender}",
        f"Print:{print_tag(article)}",
        f"GroupID:{group_id}",
        f"StyleID:{group.style.upper()}-{group_id}-{code}",
    ]

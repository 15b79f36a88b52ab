"""What an article's pieces are made of, by their roles in the drawing."""

from catalog_jobs.catalog.sample.assortment import Article
from catalog_jobs.catalog.sample.dyes import dye, shaded
from catalog_jobs.catalog.sample.prints import Rgb
from catalog_jobs.catalog.sample.render import Cloth

# Fabrics whose collars and cuffs are of the same cloth; the others have them in rib.
SMOOTH = frozenset({"Satin", "Silk", "Poplin", "Denim", "Leather", "Viscose", "Linen"})
STEEL, IRON, EBONY, IVORY, CHALK = (176, 180, 186), (38, 38, 42), (58, 42, 32), (235, 230, 222), (244, 243, 240)
# Where no second colour is given.
LEATHER, PALE = "cognac", "off-white"


def cloths_of(article: Article) -> dict[str, Cloth]:
    """The cloth of each role for a product."""
    color, fabric = dye(article.color), article.group.fabric
    accents = tuple(dye(name) for name in article.accents)
    main = Cloth((color, *accents), fabric, article.group.print)
    plain = Cloth((color,), fabric)
    first = accents[0] if accents else None
    strap = Cloth((first or dye(LEATHER) if article.cut.type == "bag" else first or color,), "Leather")
    return {
        "main": main,
        "plain": plain,
        "rib": plain if fabric in SMOOTH else Cloth((color,), "Ribbed Knit"),
        "inside": Cloth((shaded(color, 0.6),), fabric),
        "trim": Cloth((first or color,), fabric),
        "bobble": Cloth((first or color,), "Fleece"),
        "strap": strap,
        "lens": Cloth((color,), "Acetate"),
        "ink": _plain(accents, 0),
        "ink2": _plain(accents, 1),
        "cord": Cloth((dye(PALE),), "Ribbed Knit"),
        "thread": Cloth((dye("cognac"),), "Rubber"),
        "button": Cloth((IVORY,), "Rubber"),
        "horn": Cloth((EBONY,), "Rubber"),
        "sole": Cloth((CHALK,), "Rubber"),
        "white": Cloth((CHALK,), "Poplin"),
        "dark": Cloth((IRON,), "Rubber"),
        "tan": Cloth((dye("tan"),), "Leather"),
        "metal": Cloth((STEEL,), "Metal"),
        "gold": Cloth((dye("gold"),), "Metal"),
        "buckle": Cloth((dye("gold"),), "Metal"),
        "stone": Cloth((dye("emerald"),), "Metal"),
    }


def _plain(accents: tuple[Rgb, ...], number: int) -> Cloth:
    return Cloth((accents[number] if len(accents) > number else CHALK,), "Cotton")

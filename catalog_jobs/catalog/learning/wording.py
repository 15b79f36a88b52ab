"""What is known of a garment of the shop, and the caption it gets."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from catalog_jobs.catalog.learning.templates import NAMES, Template

# A text tower reads 64 to 77 tokens; a title that fills them leaves none for the rest.
MAX_TITLE_WORDS: Final = 12


class Described(Protocol):
    """What a product says of itself: a row of the records."""

    title: str
    product_type: str
    facets: dict[str, list[str]]
    color_name: str | None


@dataclass(frozen=True)
class Caption:
    """says: the names of what the text claims, see `templates.NAMES`."""

    text: str
    says: tuple[str, ...]


def facts_of(product: Described, kind: str, color_basic: str | None, is_alone: bool = True) -> dict[str, str]:
    """What is known of one garment by name, in lower case but for the title.

    kind: its type of the taxonomy. The colour is the shop's word, or else what was measured in the cut-out. is_alone:
    false for one of several pieces of a set, of which the shop's word for the kind is not said, and whose own colour
    was measured.
    """
    told = {name: ", ".join(values).lower() for name, values in product.facets.items() if name in NAMES and values}
    shop_color = product.color_name.lower() if product.color_name else ""
    color = shop_color or color_basic or "" if is_alone else color_basic or shop_color
    words = {
        **told,
        "type": kind,
        "kind": product.product_type.lower().strip() if is_alone else kind,
        "title": " ".join(product.title.split()[:MAX_TITLE_WORDS]),
        "color": color,
    }
    return {name: words[name] for name in NAMES if words.get(name)}


def caption_of(
    templates: Sequence[Template], facts: Mapping[str, str], product_id: str, number: int, seed: int
) -> Caption:
    """The caption of the number-th garment of a product (0 first).

    The templates that can be filled are gone through in an order that is each product's own, so that the pictures of a
    product say different things, and that a new product changes nothing of the others.
    """
    fitting = [one for one in templates if facts.keys() >= set(one.names)]
    ordered = sorted(fitting, key=lambda one: _draw(seed, product_id, one.phrase))
    chosen = ordered[number % len(ordered)]
    return Caption(chosen.fill(facts), chosen.names)


def _draw(seed: int, *names: str) -> str:
    return hashlib.sha256("\0".join([str(seed), *names]).encode("utf-8", "surrogatepass")).hexdigest()

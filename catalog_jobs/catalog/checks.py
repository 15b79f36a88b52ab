"""A listing held against the rules of a product, value by value; what breaks one is a reason in words."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from catalog_jobs.catalog.pictures import largest_variant, picture_key
from catalog_jobs.catalog.prices import CURRENCY_CODES, Money, money, percent, shown
from catalog_jobs.catalog.products import Product
from catalog_jobs.catalog.reading.rows import MAX_ID_CHARACTERS, Listing
from catalog_jobs.catalog.reading.workbook import ERRORS
from catalog_jobs.catalog.tags import color_of, distinct, facets_of, merged, split_tags
from catalog_jobs.catalog.text import clean, one_line, plain_text
from catalog_jobs.catalog.types import TypeTable

MAX_NAME_CHARACTERS = 255
MAX_TITLE_CHARACTERS = 1000
MAX_DESCRIPTION_CHARACTERS = 100_000
MAX_TAGS = 250
MAX_TAG_CHARACTERS = 1000
MAX_URL_CHARACTERS = 2048
MAX_STOCK = 10**12

_ROUNDED = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+")
_FLOAT_ID = re.compile(r"(\d+)\.0")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_WEB = re.compile(r"https?://[^\s/?#@]+(?:[/?#]\S*)?", re.IGNORECASE)
_STOCK = re.compile(r"(-?\d+)(?:\.0+)?")


@dataclass(frozen=True)
class Rules:
    """What is the same for all listings of an import. currency: ISO 4217 of prices that do not say."""

    types: TypeTable
    currency: str | None = None


@dataclass(frozen=True)
class Checked:
    """A product, and whether its kind is in the table of types."""

    product: Product
    is_type_known: bool


class BadValue(ValueError):
    """What is wrong with a row, in words for its owner."""


def checked_id(text: str) -> str:
    """An id as the records keep it. Raises BadValue for none, one that a spreadsheet rounded, or one too long.

    >>> checked_id(" 7843.0 ")
    '7843'
    """
    found = one_line(text)
    if found.isdecimal() and len(found) <= MAX_ID_CHARACTERS:
        return found
    if not found:
        raise BadValue("it has no id")
    if _ROUNDED.fullmatch(found):
        raise BadValue(f"id {shown(found)} was rounded by a spreadsheet; format the column as text and export it again")
    if len(found) > MAX_ID_CHARACTERS:
        raise BadValue(f"id has {len(found)} characters, over the limit of {MAX_ID_CHARACTERS}")
    whole = _FLOAT_ID.fullmatch(found)
    return whole[1] if whole else found


def checked(listing: Listing, pictures: Mapping[str, str], folder: str | None, rules: Rules) -> Checked:
    """The product of a listing with these pictures, of `distinct_pictures`. Raises BadValue with every reason."""
    problems: list[str] = []
    product_id, title = checked_id(listing.product_id), one_line(listing.title)
    if not title:
        problems.append("it has no title")
    elif len(title) > MAX_TITLE_CHARACTERS or title in ERRORS:
        problems.append(f"title {shown(title)} is no title of at most {MAX_TITLE_CHARACTERS} characters")
    default = _currency(listing.currency, problems) or rules.currency
    list_price, price = (
        _money(name, text, default, problems) for name, text in (("mrp", listing.list_price), ("price", listing.price))
    )
    discount = _percent(listing.discount, problems)
    stock = _stock(listing.stock, problems)
    description = plain_text(listing.description)
    if len(description) > MAX_DESCRIPTION_CHARACTERS:
        limit = f"over the limit of {MAX_DESCRIPTION_CHARACTERS:,}"
        problems.append(f"description has {len(description):,} characters of text, {limit}")
    tags = _tags("tags", listing.tags, problems)
    collections = _tags("collections", listing.collections, problems)
    facets = merged(facets_of(tags), listing.facets)
    product_type = one_line(listing.product_type)
    if problems:
        raise BadValue("; ".join(problems))
    types, is_known = rules.types.types_of(product_type, title, listing.category)
    colors = [color for value in facets.get("color", ()) if (color := color_of([value]))]
    # Offered in several colours, a product has none of its own.
    color = colors[0] if len({basic for _, basic in colors}) == 1 else None
    asked = price or list_price
    return Checked(
        Product(
            product_id=product_id,
            title=title,
            description=description,
            product_type=product_type[:MAX_NAME_CHARACTERS],
            types=types,
            alias=one_line(listing.alias)[:MAX_NAME_CHARACTERS],
            price=asked.amount if asked else None,
            list_price=list_price.amount if list_price else None,
            currency=next((one.currency for one in (price, list_price) if one and one.currency), None),
            discount_percent=discount,
            stock=stock,
            tags=tags,
            collections=collections,
            facets=facets,
            color_name=color[0] if color else None,
            color_basic=color[1] if color else None,
            pictures=pictures,
            pictures_folder=folder,
        ),
        is_known,
    )


def checked_url(text: str) -> str:
    """The URL of a picture: http or https, or a path that stays inside the folder of its file. Raises BadValue."""
    url = text.strip()
    if len(url) > MAX_URL_CHARACTERS:
        raise BadValue(f"image_url has {len(url):,} characters, over the limit of {MAX_URL_CHARACTERS:,}")
    if url.startswith("//"):
        url = f"https:{url}"
    if clean(url) != url or "\n" in url or "\t" in url:
        raise BadValue(f"image_url {shown(url)!a} has characters in it that no URL has")
    scheme = _SCHEME.match(url)
    if scheme is None:
        parts = url.replace("\\", "/").split("/")
        if not url or not parts[0] or ".." in parts:
            raise BadValue(f"image_url {shown(url)} is no path inside the folder of its file")
        return url
    url = url.replace(" ", "%20")
    if not _WEB.fullmatch(url):
        raise BadValue(f"image_url {shown(url)} is no http or https URL, and no path beside the file")
    return url


def distinct_pictures(urls: Iterable[str]) -> dict[str, str]:
    """By picture's key, in order, the URL of its largest variant."""
    variants: dict[str, list[str]] = {}
    for url in urls:
        variants.setdefault(picture_key(url), []).append(url)
    return {key: given[0] if len(given) == 1 else largest_variant(given) for key, given in variants.items()}


def _currency(text: str, problems: list[str]) -> str | None:
    code = text.strip().upper()
    if code and code not in CURRENCY_CODES:
        problems.append(f"currency {shown(text)} is no code of ISO 4217, such as INR")
    return code or None


def _money(name: str, text: str, currency: str | None, problems: list[str]) -> Money | None:
    if not text.strip():
        return None
    try:
        return money(text, currency)
    except ValueError as reason:
        problems.append(f"{name} {reason}")
        return None


def _percent(text: str, problems: list[str]) -> Decimal | None:
    if not text.strip():
        return None
    try:
        return percent(text)
    except ValueError as reason:
        problems.append(f"discount_percentage {reason}")
        return None


def _stock(text: str, problems: list[str]) -> int | None:
    bare = text.strip()
    if not bare:
        return None
    found = _STOCK.fullmatch(bare) if len(bare) < 30 else None
    if found is None or int(found[1]) > MAX_STOCK:
        problems.append(f"stock {shown(text)} is no number of pieces")
        return None
    # Shops that sell what they have not yet made count below zero.
    return max(0, int(found[1]))


def _tags(name: str, given: str | tuple[str, ...], problems: list[str]) -> tuple[str, ...]:
    tags = split_tags(given) if isinstance(given, str) else distinct(given)
    if len(tags) > MAX_TAGS or any(len(tag) > MAX_TAG_CHARACTERS for tag in tags):
        problems.append(f"{name} are over the limit of {MAX_TAGS} with {MAX_TAG_CHARACTERS} characters each")
    return tags

"""Catalogues in JSON: one document with a list of products in it, or a line for each."""

import json
import re
from collections.abc import Generator, Iterator, Mapping
from functools import partial
from pathlib import Path

from pydantic import JsonValue

from catalog_jobs.catalog.reading.lines import Tell, read_lines, read_text
from catalog_jobs.catalog.reading.rows import MAX_CELL_CHARACTERS, BadRow, Entry, Listing, PictureRow, Place, column_key
from catalog_jobs.catalog.reading.two_files import COLUMNS, FACET_COLUMNS, is_pictures
from catalog_jobs.catalog.reading.workbook import plain_number
from catalog_jobs.catalog.tags import distinct, facet_name
from infra.errors import ErrorCode, ReelwearError

# Where a document keeps its products.
LIST_KEYS = ("items", "products", "catalog", "first_product")
URL_KEYS = ("src", "url", "image_url", "link")

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder(parse_float=plain_number, parse_int=str)


def document_entries(path: Path, folder: str | None, tell: Tell) -> Iterator[Entry]:
    """A listing for each product of the document: an array, or an object with one under items, products, catalog or
    first_product. Products are decoded one by one; the line is where each begins.

    Raises BAD_REQUEST for what is no JSON or has no products.
    """
    text = read_text(path, tell)
    line, counted = 1, 0
    try:
        for start, value in _products(text, path.name):
            line, counted = line + text.count("\n", counted, start), start
            yield _entry(value, Place(path.name, line), folder)
    except json.JSONDecodeError as fault:
        message = f"{path.name} is no JSON from line {fault.lineno} on ({fault.msg}); export it again"
        raise ReelwearError(ErrorCode.BAD_REQUEST, message) from fault
    except RecursionError as fault:
        raise ReelwearError(ErrorCode.BAD_REQUEST, f"{path.name} is nested too deep to be a catalogue") from fault


def line_entries(path: Path, folder: str | None, tell: Tell) -> Iterator[Entry]:
    """A listing, or a picture, for each line that is an object; other lines are bad."""
    for number, line in enumerate(read_lines(path, tell), start=1):
        if not line.strip():
            continue
        place = Place(path.name, number)
        try:
            value: JsonValue = _DECODER.decode(line)
        except json.JSONDecodeError as fault:
            yield BadRow(place, f"it is no JSON ({fault.msg} at column {fault.colno})")
        except RecursionError:
            yield BadRow(place, "it is nested too deep to be a product")
        else:
            yield _entry(value, place, folder)


def first_keys(path: Path) -> tuple[bool, frozenset[str]]:
    """Whether a file's first line with text on it is a whole object, and the keys of that object as `column_key` writes
    them.
    """
    line = next((line for line in read_lines(path, lambda _: None) if line.strip()), "")
    try:
        value = json.loads(line)
    except (json.JSONDecodeError, RecursionError):
        return False, frozenset()
    return isinstance(value, dict), frozenset(map(column_key, value)) if isinstance(value, dict) else frozenset()


def holds_product(keys: frozenset[str]) -> bool:
    """Whether an object with these keys is a product rather than a document of them."""
    return ("title" in keys or "id" in keys) and keys.isdisjoint(map(column_key, LIST_KEYS))


def holds_pictures(keys: frozenset[str]) -> bool:
    """Whether an object with these keys is a picture."""
    return is_pictures(keys)


def _products(text: str, name: str) -> Iterator[tuple[int, JsonValue]]:
    """Where each product begins, and the product."""
    at = _skip(text, 0)
    if text.startswith("[", at):
        yield from _elements(text, at)
        return
    if not text.startswith("{", at):
        raise ReelwearError(ErrorCode.BAD_REQUEST, f"{name} is no JSON array or object; export it again")
    has_list, whole = False, at
    at = _skip(text, at + 1)
    while at < len(text) and text[at] == '"':
        key, at = _DECODER.raw_decode(text, at)
        at = _expect(text, _skip(text, at), ":")
        if key in LIST_KEYS:
            has_list = True
            if text.startswith("[", at):
                at = yield from _elements(text, at)
            else:
                begins = at
                value, at = _DECODER.raw_decode(text, at)
                yield from ((begins, one) for one in _inner(value))
        else:
            _, at = _DECODER.raw_decode(text, at)
        at = _skip(text, at)
        if text.startswith("}", at):
            break
        at = _expect(text, at, ",")
    if not has_list:
        value, _ = _DECODER.raw_decode(text, whole)
        if not isinstance(value, dict) or "title" not in value:
            rule = f"a document keeps its products under {', '.join(LIST_KEYS)}"
            raise ReelwearError(ErrorCode.BAD_REQUEST, f"{name} has no products; {rule}")
        yield whole, value


def _elements(text: str, at: int) -> Generator[tuple[int, JsonValue], None, int]:
    """The elements of the array at a place; returns the place behind it."""
    at = _skip(text, at + 1)
    while not text.startswith("]", at):
        value, end = _DECODER.raw_decode(text, at)
        yield at, value
        at = _skip(text, end)
        if not text.startswith("]", at):
            at = _expect(text, at, ",")
    return at + 1


def _inner(value: JsonValue) -> list[JsonValue]:
    """The products of an object under a key of products: those of its own list, its values by id, or itself."""
    if not isinstance(value, dict):
        return []
    if "title" in value or "id" in value:
        return [value]
    inner = next((value[key] for key in LIST_KEYS if isinstance(value.get(key), list)), None)
    return inner if isinstance(inner, list) else list(value.values())


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _expect(text: str, at: int, mark: str) -> int:
    if not text.startswith(mark, at):
        raise json.JSONDecodeError(f"expected {mark!r}", text, at)
    return _skip(text, at + 1)


def _entry(value: JsonValue, place: Place, folder: str | None) -> Entry:
    if not isinstance(value, dict):
        return BadRow(place, f"it is {type(value).__name__}, where a product is an object")
    said: dict[str, JsonValue] = {}
    for name, inner in value.items():
        said.setdefault(column_key(name), inner)
    text = partial(_text, said)
    if is_pictures(said.keys()):
        url = next(iter(_urls(said)), "")
        product_id = text("product_id")
        is_whole = product_id and url
        return PictureRow(place, product_id, url, folder) if is_whole else BadRow(place, "it has no id or no URL")
    too_long = next((name for name in COLUMNS if len(text(name)) > MAX_CELL_CHARACTERS), None)
    if too_long:
        what = f"{too_long} has {len(text(too_long)):,} characters, over the limit of {MAX_CELL_CHARACTERS:,}"
        return BadRow(place, what, text("product_id") if too_long != "product_id" else "")
    return Listing(
        place=place,
        product_id=text("product_id"),
        title=text("title"),
        description=text("description"),
        product_type=text("product_type"),
        category=text("category"),
        alias=text("alias"),
        list_price=text("list_price"),
        price=text("price"),
        discount=text("discount"),
        currency=text("currency"),
        stock=text("stock"),
        tags=_list(said, "tags"),
        collections=_list(said, "collections"),
        facets=_facets(said),
        picture_urls=_urls(said),
        folder=folder,
        is_sold=said.get("status") not in ("draft", "archived"),
    )


def _value(said: Mapping[str, JsonValue], name: str) -> JsonValue:
    return next((said[key] for key in COLUMNS[name] if said.get(key) not in (None, "")), None)


def _text(said: Mapping[str, JsonValue], name: str) -> str:
    value = _value(said, name)
    return value if isinstance(value, str) else "" if value is None or isinstance(value, list | dict) else str(value)


def _list(said: Mapping[str, JsonValue], name: str) -> str | tuple[str, ...]:
    value = _value(said, name)
    if isinstance(value, dict):
        return tuple(f"{key}:{inner}" for key, inner in value.items() if isinstance(inner, str | bool))
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else _text(said, name)


def _facets(said: Mapping[str, JsonValue]) -> dict[str, tuple[str, ...]]:
    given = said.get("facets")
    rows = dict(given) if isinstance(given, dict) else {}
    rows |= {key: said[key] for key in FACET_COLUMNS if key in said}
    found = {}
    for key, value in rows.items():
        values = distinct(one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str))
        if values and facet_name(key):
            found[facet_name(key)] = values
    return found


def _urls(said: Mapping[str, JsonValue]) -> tuple[str, ...]:
    value = _value(said, "pictures")
    found = []
    for one in value if isinstance(value, list) else [value]:
        url = next((one[key] for key in URL_KEYS if key in one), None) if isinstance(one, dict) else one
        if isinstance(url, str):
            found.append(url)
    return distinct(found)

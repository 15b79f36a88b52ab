import json
from pathlib import Path

import pytest

from catalog_jobs.catalog.reading.rows import BadRow, Entry, Kind, Listing, PictureRow
from catalog_jobs.catalog.reading.sources import sources_of
from infra.errors import ErrorCode, ReelwearError

ITEM = {
    "id": 7684123456789,
    "title": "Wrap Dress",
    "description": "Soft",
    "price": 1299.5,
    "discount_percentage": 56,
    "product_type": "Dress",
    "alias": "wrap-dress",
    "tags": ["Colour:Red", "new"],
    "collections": ["Summer"],
    "images": ["https://c/1.jpg", {"src": "https://c/2.jpg"}],
}


def entries(path: Path, text: str) -> list[Entry]:
    path.write_text(text, "utf-8")
    (source,) = sources_of(path)
    return list(source.entries())


def ids(path: Path, document: object) -> list[str]:
    return [entry.product_id for entry in entries(path, json.dumps(document)) if isinstance(entry, Listing)]


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({"version": "1.0", "total_items": 1, "items": [ITEM]}, id="items"),
        pytest.param({"products": [ITEM]}, id="products"),
        pytest.param({"catalog": [ITEM]}, id="catalog"),
        pytest.param({"catalog": {"version": 1, "items": [ITEM]}}, id="items in a catalog"),
        pytest.param({"catalog": {"7684123456789": ITEM}}, id="products by id"),
        pytest.param({"catalog_version": "1.0", "total_items": 969, "first_product": ITEM}, id="the first product"),
        pytest.param([ITEM], id="an array"),
        pytest.param(ITEM, id="one product"),
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_a_catalogue_keeps_its_products_in_any_of_these_places(
    tmp_path: Path, document: object, indent: int | None
) -> None:
    (found,) = entries(tmp_path / "catalog.json", json.dumps(document, indent=indent))
    assert isinstance(found, Listing)
    assert (found.product_id, found.title, found.price, found.discount) == (
        "7684123456789", "Wrap Dress", "1299.5", "56",
    )  # fmt: skip
    assert (found.tags, found.collections) == (("Colour:Red", "new"), ("Summer",))
    assert found.picture_urls == ("https://c/1.jpg", "https://c/2.jpg")


def test_a_product_has_the_line_that_it_begins_on(tmp_path: Path) -> None:
    text = '{"items": [\n{"id": 1, "title": "A"},\n\n{"id": 2,\n"title": "B"}\n]}'
    assert [entry.place.line for entry in entries(tmp_path / "c.json", text)] == [2, 4]


def test_a_line_is_a_product_in_json_lines(tmp_path: Path) -> None:
    lines = [json.dumps(ITEM | {"id": "1"}), "", "{broken", "[1]", json.dumps(ITEM | {"id": "2"})]
    first, broken, listed, last = entries(tmp_path / "c.jsonl", "\n".join(lines))
    assert [one.product_id for one in (first, last) if isinstance(one, Listing)] == ["1", "2"]
    assert isinstance(broken, BadRow)
    assert isinstance(listed, BadRow)
    assert (broken.place.line, broken.reason[:13], listed.reason) == (
        3, "it is no JSON", "it is list, where a product is an object",
    )  # fmt: skip


def test_lines_of_pictures_are_pictures(tmp_path: Path) -> None:
    path = tmp_path / "images.jsonl"
    (found,) = entries(path, '{"id": "1", "image_url": "https://c/1.jpg"}\n')
    assert found == PictureRow(found.place, "1", "https://c/1.jpg", str(tmp_path))
    assert sources_of(path)[0].kind is Kind.PICTURES


def test_facets_of_a_column_of_their_own_are_kept(tmp_path: Path) -> None:
    (found,) = entries(tmp_path / "c.json", json.dumps([ITEM | {"facets": {"Colour": ["Red"]}, "fabric": "Linen"}]))
    assert isinstance(found, Listing)
    assert found.facets == {"color": ("Red",), "fabric": ("Linen",)}


def test_what_is_no_product_is_bad_and_the_rest_is_read(tmp_path: Path) -> None:
    assert ids(tmp_path / "c.json", {"items": [1, None, "x", ITEM]}) == ["7684123456789"]


def test_a_cell_of_ten_megabytes_is_refused_by_the_limit(tmp_path: Path) -> None:
    bad, good = entries(tmp_path / "c.json", json.dumps([ITEM | {"description": "x" * 10**7}, ITEM]))
    assert isinstance(bad, BadRow)
    assert bad.reason == "description has 10,000,000 characters, over the limit of 1,000,000"
    assert isinstance(good, Listing)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"items": [{"id": 1, "title": "A"}', "is no JSON from line 1"),
        ('{"items": [{"id": 1 "title": "A"}]}', "is no JSON from line 1"),
        ('{"version": "1.0"}\n', "has no products; a document keeps its products under items"),
        ("[" * 100_000, "nested too deep"),
        ("{]", "is no JSON|has no products"),
    ],
)
def test_a_document_that_is_no_catalogue_is_named(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "c.json"
    path.write_text(text)
    with pytest.raises(ReelwearError, match=reason) as caught:
        [list(source.entries()) for source in sources_of(path)]
    assert caught.value.code is ErrorCode.BAD_REQUEST

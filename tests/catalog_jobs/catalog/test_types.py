import json
from pathlib import Path

import pytest

from catalog_jobs.catalog.types import TYPES_FILE, TypeTable, words_of
from functions.tagging.taxonomy import TYPES_BY_NAME, VOCABULARY
from infra.errors import ErrorCode, ReelwearError


@pytest.fixture(scope="module")
def table() -> TypeTable:
    return TypeTable.load()


@pytest.mark.parametrize(
    ("product_type", "types"),
    [
        ("Dress", ("dress",)),
        ("DRESSES", ("dress",)),
        ("T-Shirts", ("top",)),
        ("Shirt", ("top",)),
        ("Trouser", ("pants",)),
        ("Jeans", ("pants",)),
        ("Shorts", ("shorts",)),
        ("Short Dress", ("dress",)),
        ("Denim Jacket", ("outerwear",)),
        ("Dress Shoes", ("shoes",)),
        ("Shirt Dress", ("dress",)),
        ("Tops & Tees", ("top",)),
        ("Tops, Skirts", ("top", "skirt")),
        ("Women > Tops > Shirt", ("top",)),
        ("Co-Ord", ("top", "pants", "skirt", "shorts")),
        ("Co-ords", ("top", "pants", "skirt", "shorts")),
        ("Coord Set", ("top", "pants", "skirt", "shorts")),
        ("Skirt Set", ("top", "skirt")),
        ("Pant Suit", ("outerwear", "pants")),
        ("Women's Kurtas", ("top",)),
        ("Gift Card", ()),
    ],
)
def test_a_shops_kinds_are_types_of_the_taxonomy(table: TypeTable, product_type: str, types: tuple[str, ...]) -> None:
    assert table.types_of(product_type, "Anything") == (types, True)


@pytest.mark.parametrize(
    ("title", "types"),
    [
        ("Linen Shirt & Shorts Set", ("top", "shorts")),
        ("Ribbed Top and Midi Skirt Co-Ord", ("top", "skirt")),
        ("Satin Set", ("top", "pants", "skirt", "shorts")),
    ],
)
def test_the_title_of_a_set_says_which_pieces_it_has(table: TypeTable, title: str, types: tuple[str, ...]) -> None:
    assert table.types_of("Co-Ord", title) == (types, True)


def test_where_the_shops_word_is_unknown_the_title_tells_and_the_word_stays_unmapped(table: TypeTable) -> None:
    assert table.types_of("Wibble", "Ivory Wrap Top - Black") == (("top",), False)
    assert table.types_of("", "Silk Midi Skirt with slit") == (("skirt",), False)
    assert table.types_of("Wibble", "Wrap Dress Aria") == (("dress",), False)
    assert table.types_of("Wibble", "Set of 3 Hangers") == ((), False)
    assert table.types_of("Wibble", "Nothing known") == ((), False)


def test_a_word_that_says_nothing_leaves_it_to_the_title(table: TypeTable) -> None:
    assert table.types_of("Apparel", "Gold Hoop Earrings") == (("jewelry",), True)
    assert table.types_of("Apparel", "Nothing known") == ((), False)


def test_a_category_path_tells_where_there_is_no_type(table: TypeTable) -> None:
    category = "Apparel & Accessories > Clothing > Dresses"
    assert table.types_of("", "Untitled", category) == (("dress",), True)
    assert table.types_of("Top", "Untitled", category) == (("top",), True)


def test_the_table_names_types_of_the_taxonomy_and_no_word_twice() -> None:
    rows = json.loads(TYPES_FILE.read_text("utf-8"))
    words = [words_of(word) for row in rows for word in row["words"]]
    assert {kind for row in rows for kind in row["types"] or ()} == set(TYPES_BY_NAME)
    assert sorted(word for word in set(words) if words.count(word) > 1) == []


def test_the_table_and_the_detectors_mean_the_same_by_the_same_word(table: TypeTable) -> None:
    told = {word: types[0] for word, kind in VOCABULARY.items() if kind and (types := table.types_of(word, "")[0])}
    assert told == {word: VOCABULARY[word] for word in told}
    assert len(told) > 60


def test_a_file_of_ones_own_goes_over_the_table(tmp_path: Path) -> None:
    own = tmp_path / "types.json"
    own.write_text('[{"types": ["dress"], "words": ["Wibble"]}, {"types": [], "words": ["dress"]}]')
    table = TypeTable.load(own)
    assert table.types_of("Wibbles", "") == (("dress",), True)
    assert table.types_of("Dress", "") == ((), True)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[", "no JSON"),
        ('{"dress": "x"}', "row 1 has no list of words"),
        ('[{"types": ["gown"], "words": ["x"]}]', "known are top"),
        ('[{"types": ["top"], "words": ["--"]}]', "row 1 has no list of words"),
    ],
)
def test_a_file_that_is_no_table_is_named_with_its_fault(tmp_path: Path, content: str, reason: str) -> None:
    own = tmp_path / "types.json"
    own.write_text(content)
    with pytest.raises(ReelwearError, match=reason) as caught:
        TypeTable.load(own)
    assert caught.value.code is ErrorCode.BAD_REQUEST

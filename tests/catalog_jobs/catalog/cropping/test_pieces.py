"""What is looked for in the pictures of a product."""

import pytest

from catalog_jobs.catalog.cropping.pieces import BODY_ORDER, Piece, Sold, down_the_body
from functions.tagging.taxonomy import TYPES_BY_NAME


@pytest.mark.parametrize(
    "types, pieces",
    [
        pytest.param((), [], id="none"),
        pytest.param(("dress",), [("dress",)], id="one"),
        pytest.param(("outerwear", "pants"), [("outerwear",), ("pants",)], id="a suit"),
        pytest.param(("pants", "skirt", "shorts"), [("pants", "skirt", "shorts")], id="any bottom"),
        pytest.param(("skirt", "top"), [("skirt",), ("top",)], id="the leading one first"),
        pytest.param(("dress", "umbrella"), [("dress",)], id="a type that nobody knows"),
    ],
)
def test_a_product_has_a_piece_for_each_garment(types: tuple[str, ...], pieces: list[tuple[str, ...]]) -> None:
    assert [piece.types for piece in Sold(types).pieces] == pieces


def test_a_piece_is_not_mistaken_for_itself() -> None:
    assert Piece(("pants", "skirt", "shorts")).mistaken_types == {"legwear", "dress"}


def test_every_type_has_its_place_on_the_body() -> None:
    assert sorted(BODY_ORDER) == sorted(TYPES_BY_NAME)
    assert down_the_body(Sold(("pants", "outerwear")).pieces) == [1, 0]

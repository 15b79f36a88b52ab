import pytest

from tests.functions.api.shelf import VIDEO_ID, Shelf
from tests.functions.cli.conftest import Reelwear
from tests.functions.matched import PINK_TOP, RED_TOP, matched_document

pytestmark = pytest.mark.usefixtures("host")


def test_show_tells_the_matched_product_with_title_type_score_and_price(reelwear: Reelwear, shelf: Shelf) -> None:
    shelf.put(matched_document(RED_TOP, PINK_TOP))
    answer = reelwear("show", VIDEO_ID)
    assert "exact 0.93  Ruby Ribbed Top  INR 1299.00" in answer.out
    assert "Blush" not in answer.out


def test_a_garment_like_no_product_shows_none_and_what_came_nearest(reelwear: Reelwear, shelf: Shelf) -> None:
    shelf.put(matched_document(PINK_TOP))
    assert "none 0.71  Blush Top" in reelwear("show", VIDEO_ID).out

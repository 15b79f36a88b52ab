"""From an item to its row in the records to its place in the document."""

from functions.document import AttributeEntry
from functions.results import product_of
from functions.runs import Claim
from functions.tag_video import item_row
from functions.tagging.items import Item
from serve_app.contract import Attribute

CLAIM = Claim(run_id="0123456789abcdef-p1", video_id="0123456789abcdef", stage="tag", number=1)


def item(*attributes: Attribute) -> Item:
    return Item(
        type="dress",
        color=None,
        confidence=0.8,
        segments=((0.0, 1.5),),
        sightings=(),
        best=0,
        vector=None,
        attributes=attributes,
        crop_jpeg=b"",
        masked_png=b"",
    )


def test_what_an_item_is_like_comes_into_the_document() -> None:
    said = (
        Attribute(name="pattern", value="floral", confidence=0.93),
        Attribute(name="sleeve", value="none", confidence=0.8),
    )
    assert product_of(item_row(CLAIM, "001", item(*said)), []).attributes == {
        "pattern": AttributeEntry(value="floral", confidence=0.93),
        "sleeve": AttributeEntry(value="none", confidence=0.8),
    }


def test_an_item_of_which_nothing_is_sure_has_no_attributes() -> None:
    assert product_of(item_row(CLAIM, "001", item()), []).attributes == {}

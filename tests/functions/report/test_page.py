import re
from html.parser import HTMLParser

import pytest

from functions.api.answers import Masks
from functions.document import ResultDocument, Span
from functions.report.page import report_page, shots, ticks
from tests.functions.api.shelf import VIDEO_ID, document, jpeg, masks
from tests.functions.matched import PINK_TOP, RED_TOP, matched_document

PICTURES = {f"keyframes/{VIDEO_ID}/{index}.jpg": jpeg(80 + index) for index in (0, 1)} | {
    f"crops/{VIDEO_ID}/i0.jpg": jpeg(120)
}
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{ 7*7 }}"


class Page(HTMLParser):
    """The elements of a page with their attributes, and its text without script and style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.inside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.text += data

    def all(self, tag: str, of_class: str = "") -> list[dict[str, str | None]]:
        """Attributes of all elements of a tag and a class."""
        return [a for t, a in self.elements if t == tag and of_class in ((a.get("class") or "").split() or [""])]


def page(one: ResultDocument | None = None, shapes: Masks | None = None) -> Page:
    return Page(report_page(one or document(), shapes or masks(), PICTURES))


def test_a_report_shows_garments_with_type_colour_hex_times_and_confidence() -> None:
    text = " ".join(page().text.split())
    for words in (
        "crimson",
        "#b01030",
        "striped",
        "90 % sure",
        "0.0–2.5, 2.5–4.0 s",
        "top",
        "hat",
        "2 keyframes",
        "2 garments",
    ):
        assert words in text


def test_boxes_and_masks_are_drawn_where_the_garment_is() -> None:
    drawn = page()
    boxes = {(b["x"], b["y"], b["width"], b["height"]) for b in drawn.all("rect", "box")}
    assert boxes == {("20.0", "40.0", "50.0", "60.0"), ("30.0", "5.0", "30.0", "25.0")}
    (path,) = drawn.all("path", "mask")
    assert (path["d"] or "").count("M") == 2, "the outline and its hole"
    assert drawn.all("svg")[0]["viewbox"] == "0 0 90 160"


def test_the_same_garment_has_one_number_wherever_it_stands() -> None:
    linked = [attributes["data-item"] for _, attributes in page().elements if "data-item" in attributes]
    # Twice on keyframes (shape and number each), palette, timeline, card; the hat once, and without a colour.
    assert (linked.count("1"), linked.count("2")) == (7, 4)


def test_words_that_gave_the_vibe_are_marked() -> None:
    text = report_page(document(), masks(), PICTURES)
    assert re.findall(r"<mark title=\"([^\"]*)\">([^<]*)</mark>", text) == [
        ("Clean Girl", "clean bun"),
        ("Clean Girl", "#cleangirl"),
    ]
    assert "Soft layers &amp; a <mark" in text


def test_a_page_needs_nothing_from_outside() -> None:
    drawn = page()
    assert not drawn.all("link")
    sources = [attributes.get("src") or "" for _, attributes in drawn.elements if "src" in attributes]
    assert len(sources) == 3
    assert all(source.startswith("data:image/jpeg;base64,") for source in sources)
    (policy,) = [meta["content"] or "" for meta in drawn.all("meta") if "content-security-policy" in str(meta).lower()]
    assert policy.startswith("default-src 'none'")
    assert not re.search(r"https?://", report_page(document(), masks(), PICTURES))


def test_text_of_strangers_stays_text() -> None:
    source = document().source.model_copy(update={"key": f"videos/{HOSTILE}.mp4"})
    vibe = {"name": HOSTILE, "confidence": 0.5, "evidence": (HOSTILE,)}
    error = {"stage": HOSTILE, "code": HOSTILE, "message": HOSTILE}
    near = RED_TOP.model_copy(update={"title": HOSTILE, "currency": HOSTILE, "parts": {HOSTILE: 1.0}})
    changes = {"type": HOSTILE, "matched_product_id": HOSTILE, "alternatives": (near, near)}
    row = document().products[0].model_copy(update=changes)
    hostile = document(
        source=source, caption=HOSTILE, vibes=(vibe,), state="partial", error=error, products=(row.model_dump(),)
    )
    drawn, harmless = page(hostile), page()
    assert len(drawn.all("script")) == len(harmless.all("script")) == 1
    assert all("onerror" not in attributes for _, attributes in drawn.elements)
    assert drawn.text.count("alert(1)") >= 5
    assert "49" not in drawn.text


def test_a_failed_video_says_why_and_what_to_do() -> None:
    error = {"stage": "split", "code": "truncated", "message": "the file ends early; upload it again"}
    drawn = page(document(state="failed", error=error, keyframes=(), products=(), vibes=(), duration_s=None))
    assert "This video could not be read" in drawn.text
    assert "the file ends early; upload it again" in drawn.text
    assert "truncated" in drawn.text
    assert "No garments" not in drawn.text


def test_a_matched_garment_shows_its_product_with_score_price_and_the_others() -> None:
    drawn = page(matched_document(RED_TOP, PINK_TOP))
    text = " ".join(drawn.text.split())
    assert "exact Ruby Ribbed Top 0.93 INR 1299.00" in text
    assert "1 other product Blush Top 0.71" in text
    assert [span["title"] for span in drawn.all("span") if "title" in span] == [
        "image 0.95 × color 0.98 × type 1.00",
        "text 0.71 × color 1.00 × type 1.00",
    ]


def test_a_garment_that_is_like_no_product_shows_what_came_nearest_apart() -> None:
    drawn = page(matched_document(PINK_TOP))
    assert drawn.all("p", "match") == []
    assert "1 distant product Blush Top 0.71" in " ".join(drawn.text.split())


def test_a_partial_result_names_what_is_missing() -> None:
    error = {"stage": "vibe", "code": "internal", "message": "the vibe is missing"}
    drawn = page(document(state="partial", error=error, vibes=()))
    assert "A part of this result is missing" in drawn.text
    assert len(drawn.all("article")) == 2


def test_a_video_without_garments_says_so() -> None:
    assert "No garments found in 2 keyframes." in page(document(products=())).text


def test_garments_that_were_not_looked_for_are_not_said_to_be_absent() -> None:
    error = {"stage": "tag", "code": "model_refused", "message": "m"}
    assert "No garments found" not in page(document(products=(), state="partial", error=error)).text


def test_a_picture_has_no_timeline() -> None:
    still = {"index": 0, "time_s": 0, "shot": {"start_s": 0, "end_s": 0}, "url": f"keyframes/{VIDEO_ID}/0.jpg"}
    drawn = page(document(duration_s=0.0, fps=None, keyframes=(still,)))
    assert "When it is worn" not in drawn.text
    assert "crimson" in drawn.text


def test_pictures_and_masks_that_are_gone_leave_the_rest() -> None:
    drawn = Page(report_page(document(), Masks(), {}))
    assert not drawn.all("img")
    assert drawn.text.count("picture no longer stored") == 2
    assert len(drawn.all("rect", "box")) == 3


def test_shots_that_return_fill_the_gaps_between_those_with_a_keyframe() -> None:
    first, last = document().keyframes
    moved = last.model_copy(update={"shot": Span(start_s=3, end_s=4)})
    spans = shots(document(keyframes=(first.model_dump(), moved.model_dump()), duration_s=6.0))
    assert [(shot.start_s, shot.end_s) for shot in spans] == [(0, 2.5), (2.5, 3), (3, 4), (4, 6)]
    assert [(shot.start_s, shot.end_s) for shot in shots(document())] == [(0, 2.5), (2.5, 4)]


@pytest.mark.parametrize(
    ("length_s", "expected"),
    [(0, ()), (1.2, (0, 0.5, 1.0)), (12.5, (0, 2, 4, 6, 8, 10, 12)), (3600, tuple(range(0, 3601, 600)))],
)
def test_ticks_are_round_and_few(length_s: float, expected: tuple[float, ...]) -> None:
    assert ticks(length_s) == expected

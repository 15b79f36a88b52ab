from pathlib import Path

import pytest

from functions.search.query import ItemQuery
from tests.functions.api.shelf import Shelf, document, hit, jpeg
from tests.functions.cli.conftest import Reelwear

pytestmark = pytest.mark.usefixtures("host")


@pytest.fixture(autouse=True)
def _one_video(shelf: Shelf) -> None:
    shelf.put(document())
    shelf.hits = [
        hit(0.87, attributes={"sleeve": {"value": "long", "confidence": 0.9}}),
        hit(0.12, item_id="i1", color=None),
    ]


def test_found_garments_are_shown_with_colour_fit_times_and_place(reelwear: Reelwear) -> None:
    answer = reelwear("search", "--text", "red top")
    assert answer.code == 0
    for words in ("██ crimson", "top", "long sleeves", "87%", "0.0–2.5 s", "videos/walk.mp4", "0123456789abcdef/i0"):
        assert words in answer.out
    assert "1 more fit too little; --all shows them" in answer.out
    assert "/i1" not in answer.out
    assert "/i1" in reelwear("search", "--text", "red top", "--all").out


def test_words_that_nothing_fits_end_with_code_0_and_name_the_nearest(reelwear: Reelwear, shelf: Shelf) -> None:
    shelf.hits = [hit(0.14)]
    answer = reelwear("search", "--text", "wedding dress", "--color", "red", "--type", "top")
    assert answer.code == 0
    assert answer.out == (
        "Nothing worn in the one video fits “wedding dress” (red top only); "
        "the nearest was crimson top (14%) in videos/walk.mp4, --all shows it.\n"
    )


def test_before_the_first_video_the_way_to_it_is_named(reelwear: Reelwear, shelf: Shelf) -> None:
    shelf.hits, shelf.documents = [], {}
    assert "`reelwear drop FILE`" in reelwear("search", "--text", "anything").out


def test_a_picture_finds_what_looks_like_it(reelwear: Reelwear, shelf: Shelf, tmp_path: Path) -> None:
    path = tmp_path / "alike.jpg"
    path.write_bytes(jpeg())
    shelf.hits = [hit(None, match="similar", score=0.83)]
    answer = reelwear("search", "--image", path, "--limit", 3)
    assert "similar 0.83" in answer.out
    assert shelf.searches == [(ItemQuery(limit=3), jpeg())]


def test_search_as_json_is_the_answer_of_the_api(reelwear: Reelwear, shelf: Shelf) -> None:
    found = reelwear("search", "--text", "red top", "--json").json
    assert found["hits"] == [shelf.hits[0].model_dump(mode="json")]
    assert (found["left_out"], found["warning"]) == (1, None)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param([], 2, id="nothing to search by"),
        pytest.param(["--text", "x", "--type", "gown"], 2, id="an unknown type"),
        pytest.param(["--image", "nowhere.jpg"], 4, id="no such picture"),
    ],
)
def test_a_wrong_search_ends_with(reelwear: Reelwear, words: list[str], code: int) -> None:
    assert reelwear("search", *words).code == code


def test_an_unknown_type_is_answered_with_the_known_ones(reelwear: Reelwear) -> None:
    error = reelwear("search", "--text", "x", "--type", "gown", "--json").json["error"]
    assert "known are top, outerwear, dress" in error["message"]


def test_rebuilding_says_how_many_vectors_were_stored(reelwear: Reelwear) -> None:
    assert reelwear("vectors", "rebuild").out == "stored 2 garments and 1 videos of shelf@1\n"

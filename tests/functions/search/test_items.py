import pytest

from functions.search.answers import SearchAnswer
from functions.search.items import find_items
from functions.search.query import ItemQuery
from functions.services import Services
from functions.uploads import notice_removal
from infra.errors import ErrorCode, ReelwearError
from infra.records.tables import ItemRow
from tests.functions.search.colors import picture_of
from tests.functions.search.conftest import Wardrobe

ANNA, BORIS = "a" * 16, "b" * 16


@pytest.fixture(autouse=True)
def _two_videos(wardrobe: Wardrobe) -> None:
    wardrobe.wear(ANNA, {"001": "orange outerwear", "002": "blue pants"})
    wardrobe.wear(BORIS, {"001": "red top", "002": "red shoes"})


def ids(found: SearchAnswer) -> list[tuple[str, str]]:
    return [(hit.video_id, hit.item_id) for hit in found.hits]


def test_words_find_the_nearest_garment_of_all_videos_first(services: Services) -> None:
    found = find_items(services, ItemQuery(text="an orange suit", min_confidence=0))
    assert ids(found)[0] == (ANNA, "001")
    assert [hit.score for hit in found.hits] == pytest.approx([1, 0.894, 0.894, 0], abs=0.01)
    assert (found.model, found.outdated, found.warning) == ("colors@1", 0, None)


def test_a_hit_says_what_the_records_know(services: Services) -> None:
    hit = find_items(services, ItemQuery(text="orange", limit=1)).hits[0]
    assert hit.model_dump(exclude={"score", "confidence"}, exclude_defaults=True) == {
        "video_id": ANNA,
        "item_id": "001",
        "type": "outerwear",
        "color": {"name": "some orange", "hex": "#c04010", "share": 0.8},
        "attributes": {"pattern": {"value": "solid", "confidence": 0.9}},
        "segments": ({"start_s": 0.0, "end_s": 2.5},),
        "crop_url": f"crops/{ANNA}/001.jpg",
        "key": f"videos/{ANNA}.mp4",
    }


def test_confidence_is_the_fitted_chance_of_the_words(services: Services) -> None:
    hits = find_items(services, ItemQuery(text="orange", min_confidence=0)).hits
    assert [hit.confidence for hit in hits] == pytest.approx([0.9997, 0.977, 0.977, 0], abs=0.003)
    assert {hit.match for hit in hits} == {None}


def test_what_the_words_hardly_fit_is_left_out_and_counted(services: Services) -> None:
    found = find_items(services, ItemQuery(text="green"))
    assert (found.hits, found.left_out) == ((), 4)
    assert found.nearest
    assert (found.nearest.video_id, found.nearest.item_id) == (ANNA, "001")
    assert find_items(services, ItemQuery(text="green", limit=3)).left_out == 3


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        pytest.param({"type": "pants"}, [(ANNA, "002")], id="type"),
        pytest.param({"color": "orange"}, [(ANNA, "001")], id="colour"),
        pytest.param({"type": "shoes", "color": "red"}, [(BORIS, "002")], id="both"),
        pytest.param({"type": "shoes", "color": "blue"}, [], id="none is both"),
    ],
)
def test_filters_keep_to_type_and_colour(
    services: Services, filters: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    query = ItemQuery.model_validate({"text": "orange", "min_confidence": 0, **filters})
    assert ids(find_items(services, query)) == expected


def test_a_picture_tells_how_alike_by_the_cutoffs_of_the_type(services: Services) -> None:
    found = find_items(services, ItemQuery(), picture_of("orange"))
    told = {(hit.video_id, hit.item_id): (hit.match, hit.confidence) for hit in found.hits}
    assert told == {
        (ANNA, "001"): ("exact", None),
        (BORIS, "001"): ("similar", None),
        (BORIS, "002"): ("none", None),
        (ANNA, "002"): ("none", None),
    }
    assert (ids(found)[0], found.left_out) == ((ANNA, "001"), 0)


def test_words_and_a_picture_meet_in_the_middle_and_each_keeps_its_verdict(wardrobe: Wardrobe) -> None:
    wardrobe.wear("c" * 16, {"001": "purple dress"})
    first = find_items(wardrobe.services, ItemQuery(text="red", limit=1), picture_of("blue")).hits[0]
    assert (first.type, first.match) == ("dress", "similar")
    assert first.score == pytest.approx(1, abs=0.001)
    assert first.confidence is not None
    assert first.confidence < 0.5


def test_a_model_without_fits_finds_without_verdicts(wardrobe: Wardrobe) -> None:
    wardrobe.server.words, wardrobe.server.cutoffs = None, {}
    assert len(find_items(wardrobe.services, ItemQuery(text="green")).hits) == 4
    hit = find_items(wardrobe.services, ItemQuery(), picture_of("green")).hits[0]
    assert (hit.confidence, hit.match) == (None, None)


def test_only_the_latest_run_of_a_video_is_found(wardrobe: Wardrobe) -> None:
    wardrobe.wear(ANNA, {"001": "green skirt"}, pipeline="p2")
    everything = find_items(wardrobe.services, ItemQuery(text="orange", min_confidence=0)).hits
    assert {hit.type for hit in everything if hit.video_id == ANNA} == {"skirt"}
    assert wardrobe.services.vectors.count("items") == 3


def test_a_point_whose_row_is_gone_takes_no_place(wardrobe: Wardrobe) -> None:
    wardrobe.wear("c" * 16, {f"{number:03d}": "orange hat" for number in range(40)})
    with wardrobe.services.records.transaction() as session:
        for number in range(40):
            session.delete(session.get_one(ItemRow, (f"{'c' * 16}-p1", f"{number:03d}")))
    found = find_items(wardrobe.services, ItemQuery(text="orange", limit=2))
    assert ids(found) == [(ANNA, "001"), (BORIS, "001")] or ids(found) == [(ANNA, "001"), (BORIS, "002")]


def test_a_removed_upload_is_not_found_even_before_its_points_go(services: Services) -> None:
    notice_removal(services.records, "b", f"videos/{ANNA}.mp4")
    assert {hit.video_id for hit in find_items(services, ItemQuery(text="orange", min_confidence=0)).hits} == {BORIS}
    assert services.vectors.count("items") == 4


@pytest.mark.parametrize(
    ("query", "picture", "code"),
    [
        pytest.param(ItemQuery(), None, ErrorCode.BAD_REQUEST, id="nothing to search by"),
        pytest.param(ItemQuery(min_confidence=0.5), b"", ErrorCode.BAD_REQUEST, id="a confidence without words"),
        pytest.param(ItemQuery(), b"no picture", ErrorCode.BAD_IMAGE, id="no picture"),
    ],
)
def test_a_search_that_cannot_be_is_named(
    services: Services, query: ItemQuery, picture: bytes | None, code: ErrorCode
) -> None:
    with pytest.raises(ReelwearError) as raised:
        find_items(services, query, picture)
    assert raised.value.code is code


def test_a_model_server_that_is_down_is_named_with_the_way_on(services: Services) -> None:
    services.models.http.base_url = "http://127.0.0.1:9"
    with pytest.raises(ReelwearError, match="reelwear status") as raised:
        find_items(services, ItemQuery(text="orange"))
    assert raised.value.code is ErrorCode.MODEL_SERVER_DOWN
    assert raised.value.is_retryable

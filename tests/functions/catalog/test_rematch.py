import pytest
from sqlalchemy import select

from functions.catalog.rematch import rematch_runs, retry_failed_matches
from functions.document import ResultDocument
from functions.results import document_of
from functions.runs import claim
from functions.services import Services
from infra.errors import ErrorCode, ReelwearError
from infra.records.tables import MatchRow, OutboxMessage, ProductRow, Run
from tests.functions.catalog.stocked import BLUE, RED, Shop, Wardrobe

ANNA, BORIS, CARLA = "a" * 16, "b" * 16, "c" * 16


def document(services: Services, run_id: str) -> ResultDocument:
    with services.records.transaction() as session:
        made = document_of(session, session.get_one(Run, run_id))
    assert made is not None
    return made


def emitted(services: Services) -> list[str]:
    """The runs to be published anew."""
    with services.records.transaction() as session:
        return [row.body.split('"')[3] for row in session.scalars(select(OutboxMessage)) if row.topic == "stage.ended"]


def test_a_stored_video_is_matched_without_any_model_and_published_anew(
    services: Services, shop: Shop, wardrobe: Wardrobe
) -> None:
    run_id = wardrobe.wear(ANNA, {"001": RED, "002": BLUE})
    shop.sell("p", {"front": 0.97})
    name = shop.open()
    report = rematch_runs(services)
    assert (report.catalog, report.videos, report.changed, report.current) == (name, 1, 1, 0)
    assert report.garments == {"exact": 1, "similar": 1}
    assert emitted(services) == [run_id]
    first, second = document(services, run_id).products
    assert (first.match_type, first.matched_product_id, first.match_score) == ("exact", "p", 0.94)
    assert (second.match_type, second.matched_product_id) == ("similar", "p")
    told = first.alternatives[0].model_dump(mode="json")
    assert told == {
        "product_id": "p",
        "title": "The p dress",
        "score": 0.94,
        "parts": {"image": 0.94, "color": 1.0, "type": 1.0},
        "match_type": "exact",
        "price": "1299.00",
        "currency": "INR",
        "picture_url": "https://shop.example/p/front.jpg",
    }


def test_a_second_time_does_nothing_unless_it_is_forced(services: Services, shop: Shop, wardrobe: Wardrobe) -> None:
    wardrobe.wear(ANNA, {"001": RED})
    shop.sell("p", {"front": 0.6})
    shop.open()
    rematch_runs(services)
    again = rematch_runs(services)
    assert (again.videos, again.changed, again.current) == (0, 0, 1)
    forced = rematch_runs(services, is_forced=True)
    assert (forced.videos, forced.current) == (1, 0)


def test_where_nothing_comes_near_enough_the_nearest_are_still_shown(
    services: Services, shop: Shop, wardrobe: Wardrobe
) -> None:
    run_id = wardrobe.wear(ANNA, {"001": RED})
    shop.sell("far", {"front": 0.6})
    shop.open()
    rematch_runs(services)
    product = document(services, run_id).products[0]
    assert (product.match_type, product.matched_product_id, product.match_score) == ("none", None, None)
    assert [near.product_id for near in product.alternatives] == ["far"]


def test_a_document_that_shows_the_same_is_not_published_anew(
    services: Services, shop: Shop, wardrobe: Wardrobe
) -> None:
    wardrobe.wear(ANNA, {"001": RED})
    shop.sell("far", {"front": 0.2})
    shop.open()
    assert rematch_runs(services).changed == 0
    assert emitted(services) == []


def test_a_changed_catalogue_is_matched_anew(services: Services, shop: Shop, wardrobe: Wardrobe) -> None:
    run_id = wardrobe.wear(ANNA, {"001": RED})
    shop.sell("first", {"front": 0.8})
    shop.open()
    rematch_runs(services)
    shop.sell("better", {"front": 0.99})
    name = shop.open()
    assert rematch_runs(services).videos == 1
    assert wardrobe.run(run_id).matched_with == name
    product = document(services, run_id).products[0]
    assert [near.product_id for near in product.alternatives] == ["better", "first"]


def test_a_new_price_is_published_when_it_is_asked_for(services: Services, shop: Shop, wardrobe: Wardrobe) -> None:
    run_id = wardrobe.wear(ANNA, {"001": RED}, is_published=False)
    shop.sell("p", {"front": 0.97})
    shop.open()
    rematch_runs(services)
    assert emitted(services) == [], "what was never published is about to be"
    assert document(services, run_id).products[0].alternatives[0].title == "The p dress"
    with services.records.transaction() as session:
        session.get_one(ProductRow, "p").title = "Another title"
    assert document(services, run_id).products[0].alternatives[0].title == "Another title"


def test_one_video_may_be_asked_for_and_an_unknown_one_is_named(
    services: Services, shop: Shop, wardrobe: Wardrobe
) -> None:
    wardrobe.wear(ANNA, {"001": RED})
    other = wardrobe.wear(BORIS, {"001": RED})
    shop.sell("p", {"front": 0.97})
    shop.open()
    assert rematch_runs(services, video_id=ANNA).videos == 1
    assert wardrobe.run(other).matched_with is None
    with pytest.raises(ReelwearError) as raised:
        rematch_runs(services, video_id="f" * 16)
    assert raised.value.code is ErrorCode.NOT_FOUND


def test_rounds_of_some_videos_come_to_the_same_end(services: Services, shop: Shop, wardrobe: Wardrobe) -> None:
    for video_id in (ANNA, BORIS, CARLA):
        wardrobe.wear(video_id, {"001": RED})
    shop.sell("p", {"front": 0.97})
    shop.open()
    first = rematch_runs(services, is_forced=True, limit=2)
    assert (first.videos, first.left) == (2, 1)
    last = rematch_runs(services, is_forced=True, after=first.next or "", limit=2)
    assert (last.videos, last.left, last.next) == (1, 0, None)
    whole = first + last
    assert (whole.videos, whole.changed, whole.garments, whole.left) == (3, 3, {"exact": 3}, 0)


def test_videos_of_another_embedder_are_counted_and_told_what_to_do(
    services: Services, shop: Shop, wardrobe: Wardrobe
) -> None:
    run_id = wardrobe.wear(ANNA, {"001": RED}, embedder="tiny@0")
    wardrobe.wear(BORIS, {})
    shop.sell("p", {"front": 0.97})
    shop.open()
    report = rematch_runs(services)
    assert (report.videos, report.outdated) == (1, {"tiny@0": 1})
    assert report.warning is not None
    assert report.warning.startswith("1 video was described by tiny@0 and cannot be compared")
    assert wardrobe.run(run_id).matched_with is None


def test_without_a_live_catalogue_it_says_how_to_get_one(services: Services, wardrobe: Wardrobe) -> None:
    wardrobe.wear(ANNA, {"001": RED})
    report = rematch_runs(services)
    assert (report.catalog, report.videos) == (None, 0)
    assert report.warning is not None
    assert "`reelwear catalog index`" in report.warning


def test_items_that_are_being_found_anew_are_left_to_that(services: Services, shop: Shop, wardrobe: Wardrobe) -> None:
    run_id = wardrobe.wear(ANNA, {"001": RED})
    shop.sell("p", {"front": 0.97})
    shop.open()
    assert claim(services.records, run_id, "tag", again=True) is not None
    assert rematch_runs(services).videos == 0
    with services.records.transaction() as session:
        assert list(session.scalars(select(MatchRow))) == []


def test_what_could_not_be_matched_is_partial_until_a_retry_mends_it(
    services: Services, shop: Shop, wardrobe: Wardrobe
) -> None:
    run_id = wardrobe.wear(ANNA, {"001": RED})
    assert retry_failed_matches(services) == 0
    shop.sell("p", {"front": 0.97})
    name = shop.open()
    with services.records.transaction() as session:
        session.get_one(Run, run_id).match_error = "store_down: it was away: for a while"
    partial = document(services, run_id)
    assert partial.state == "partial"
    assert partial.error is not None
    assert partial.error.model_dump() == {"stage": "match", "code": "store_down", "message": "it was away: for a while"}
    assert retry_failed_matches(services) == 1
    assert (wardrobe.run(run_id).match_error, wardrobe.run(run_id).matched_with) == (None, name)
    assert (document(services, run_id).state, emitted(services)) == ("ready", [run_id])
    assert retry_failed_matches(services) == 0


def test_a_retry_ends_at_the_first_outage_and_tells_of_it(services: Services, shop: Shop, wardrobe: Wardrobe) -> None:
    run_id = wardrobe.wear(ANNA, {"001": RED})
    shop.sell("p", {"front": 0.97})
    shop.open()
    with services.records.transaction() as session:
        session.get_one(Run, run_id).match_error = "store_down: away"
    services.vectors.drop("products", shop.embedder)
    with pytest.raises(ReelwearError) as raised:
        retry_failed_matches(services)
    assert raised.value.code is ErrorCode.STORE_DOWN
    assert wardrobe.run(run_id).match_error == "store_down: away"


def test_a_run_whose_catalogue_is_gone_is_whole_without_one(services: Services, wardrobe: Wardrobe) -> None:
    run_id = wardrobe.wear(ANNA, {"001": RED})
    with services.records.transaction() as session:
        session.get_one(Run, run_id).match_error = "store_down: away"
    assert retry_failed_matches(services) == 1
    assert document(services, run_id).state == "ready"

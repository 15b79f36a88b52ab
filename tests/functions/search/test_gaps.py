from functions.search.gaps import Gaps, gaps_of
from functions.search.items import find_items
from functions.search.query import ItemQuery
from functions.services import Services
from tests.functions.search.conftest import Wardrobe

ANNA, BORIS = "a" * 16, "b" * 16


def test_before_anything_is_stored_nothing_is_found_and_nothing_missing(services: Services) -> None:
    found = find_items(services, ItemQuery(text="orange"))
    assert (found.hits, found.left_out, found.nearest, found.outdated, found.warning) == ((), 0, None, 0, None)


def test_vectors_of_another_version_are_not_compared_but_counted(wardrobe: Wardrobe) -> None:
    wardrobe.wear(ANNA, {"001": "orange outerwear", "002": "blue pants"})
    wardrobe.wear(BORIS, {"001": "red top"})
    wardrobe.server.version = "2"
    found = find_items(wardrobe.services, ItemQuery(text="orange"))
    assert (found.model, found.hits, found.outdated) == ("colors@2", (), 3)
    assert found.warning is not None
    assert "3 garments were described by colors@1" in found.warning
    assert "drop them again" in found.warning
    wardrobe.wear(ANNA, {"001": "orange dress"}, pipeline="p2")
    found = find_items(wardrobe.services, ItemQuery(text="orange"))
    assert ([hit.type for hit in found.hits], found.outdated) == (["dress"], 1)


def test_a_vector_store_that_lost_its_garments_is_named_with_the_way_to_them(wardrobe: Wardrobe) -> None:
    wardrobe.wear(ANNA, {"001": "orange outerwear", "002": "blue pants"})
    wardrobe.services.vectors.keep_models("items", [])
    assert find_items(wardrobe.services, ItemQuery(text="orange")).hits == ()
    assert gaps_of(wardrobe.services, "colors@1") == Gaps(
        outdated=0, warning="the vector store has lost 2 garments; `reelwear vectors rebuild` brings them back"
    )


def test_what_still_waits_to_be_stored_is_not_missing(wardrobe: Wardrobe) -> None:
    wardrobe.wear(ANNA, {"001": "orange outerwear"}, is_indexed=False)
    assert gaps_of(wardrobe.services, "colors@1") == Gaps()

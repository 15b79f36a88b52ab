from dataclasses import replace

import pytest

from functions.catalog.matches import match_items
from functions.matching.scoring import Sought
from functions.services import Services
from infra.errors import ReelwearError
from infra.records.tables import CatalogIndex
from infra.settings import MatchingSettings, Settings
from tests.functions.catalog.stocked import EMBEDDER, RED, Shop, at

DRESS = Sought("dress", RED, at(1.0))


@pytest.fixture
def stocked(services: Services, shop: Shop) -> Services:
    """Three exact matches, the best of them sold out."""
    shop.sell("gone", {"1": 0.99}, stock=0)
    shop.sell("there", {"1": 0.97}, stock=4)
    shop.sell("unknown", {"1": 0.96})
    shop.open()
    return services


def ids(services: Services, **settings: int) -> list[str]:
    chosen = replace(services.settings, matching=MatchingSettings.model_validate(settings))
    [found] = match_items(replace(services, settings=chosen), EMBEDDER, [DRESS]).products
    return [match.product_id for match in found]


def test_the_settings_say_how_many_products_and_which_come_first(stocked: Services) -> None:
    assert ids(stocked) == ["gone", "there", "unknown"]
    assert ids(stocked, alternatives=2) == ["gone", "there"]
    assert ids(stocked, prefer_in_stock=True) == ["there", "unknown", "gone"]
    assert ids(stocked, prefer_in_stock=True, alternatives=1) == ["there"]


@pytest.mark.parametrize("number", ["0", "51", "some"])
def test_a_number_of_alternatives_that_makes_no_sense_is_named(monkeypatch: pytest.MonkeyPatch, number: str) -> None:
    monkeypatch.setenv("REELWEAR_ALTERNATIVES", number)
    with pytest.raises(ReelwearError, match="REELWEAR_ALTERNATIVES is"):
        Settings.load()


def test_an_item_without_a_vector_is_matched_with_nothing(stocked: Services) -> None:
    matched = match_items(stocked, EMBEDDER, [None, DRESS])
    assert (matched.error, [len(found) for found in matched.products]) == (None, [0, 3])


def test_whatever_is_wrong_is_named_and_raises_nothing(stocked: Services) -> None:
    with stocked.records.transaction() as session:
        session.get_one(CatalogIndex, EMBEDDER).fit = {"cutoffs": {"default": "broken"}}
    matched = match_items(stocked, EMBEDDER, [DRESS])
    assert (matched.catalog, matched.products) == (None, ((),))
    assert matched.error is not None
    assert matched.error.startswith("internal: ValidationError: ")

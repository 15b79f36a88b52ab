"""The command `products`, and what it is made of, on drawn photos."""

from pathlib import Path

import numpy as np
import pytest

from catalog_jobs.evaluate.data.offered import Offer, offers
from catalog_jobs.evaluate.data.sources import Given
from catalog_jobs.evaluate.measures.samples import Samples
from catalog_jobs.evaluate.offer_search import Shelf, Worn, worn_in
from catalog_jobs.evaluate.products import measure, measure_worn
from catalog_jobs.evaluate.tracking import Tracker
from functions.matching.fit import Fit
from infra.settings import TaggingSettings
from tests.catalog_jobs.evaluate.drawn import NAMES, PANTS, TOPS
from tests.catalog_jobs.evaluate.running import run
from tests.catalog_jobs.evaluate.stand_in import ColorParser, StandIn

TRACKER = Tracker(ColorParser(), StandIn(), StandIn.cutoffs, TaggingSettings())


@pytest.fixture(scope="module")
def drawn(data_folder: Path) -> list[Offer]:
    folder = Given(data=data_folder).labelled_photos()
    assert folder is not None
    return list(offers(folder))


@pytest.fixture(scope="module")
def worn(data_folder: Path) -> list[Worn]:
    """The first photo, as a reel of one shot: a red top, blue pants, black boots."""
    folder = Given(data=data_folder).labelled_photos()
    assert folder is not None
    photo = next(iter(folder.read()))
    return list(worn_in(TRACKER, [(photo.name, photo.pixels)]))


def value(samples: Samples) -> float:
    return float(samples.values(np.ones((1, len(samples.keys))))[0])


def test_each_garment_of_a_photo_is_one_product_on_white(drawn: list[Offer]) -> None:
    assert [offer.product_id for offer in drawn[:3]] == [f"{NAMES[0]}/{kind}" for kind in ("top", "pants", "shoes")]
    tops = {offer.photo: offer.color for offer in drawn if offer.type == "top"}
    pants = {offer.photo: offer.color for offer in drawn if offer.type == "pants"}
    assert [color.basic for color in tops.values() if color] == list(TOPS)
    assert [color.basic for color in pants.values() if color] == list(PANTS)
    boots = drawn[2]
    assert (boots.picture[~boots.mask] == 255).all()
    columns = np.flatnonzero(boots.mask.any(axis=0))
    assert np.diff(columns).max() > 5, "both boots are one product"


def test_a_garment_is_found_among_the_products_and_not_where_it_is_not_sold(
    drawn: list[Offer], worn: list[Worn]
) -> None:
    shelf = Shelf.of(TRACKER.embedder, drawn)
    fit = Fit(dict(TRACKER.cutoffs))
    assert {one.item.type for one in worn} >= {"top", "pants"}
    for one in worn:
        assert shelf.very(one) == {f"{NAMES[0]}/{one.item.type}"}
        assert shelf.near(one, fit)[0].score > 0.5
        without = shelf.without(one.photo)
        assert without.very(one) == frozenset()
        assert all(not near.product_id.startswith(NAMES[0]) for near in without.near(one, fit))


def test_another_colour_costs_only_where_colour_counts(drawn: list[Offer], worn: list[Worn]) -> None:
    top = next(one for one in worn if one.item.type == "top")
    shelf = Shelf.of(TRACKER.embedder, [offer for offer in drawn if offer.photo == NAMES[1] and offer.type == "top"])
    fit = Fit(dict(TRACKER.cutoffs))
    # The second photo's top is green; the stand-in sees little but colour, so that only a fit at 0 leaves it a score.
    loose = Fit({"default": fit.cutoffs["default"].model_copy(update={"unrelated": -1.0})})
    [with_color], [without] = shelf.near(top, loose), shelf.near(top, loose, has_color=False)
    assert with_color.parts["color"] < 0.85
    assert without.parts["color"] == 1
    assert with_color.parts["image"] == without.parts["image"]


def test_measures_are_shares_of_what_was_worn(drawn: list[Offer], worn: list[Worn]) -> None:
    shelf = Shelf.of(TRACKER.embedder, drawn)
    part = measure_worn("p", worn, shelf, TRACKER)
    assert part.details == {"p": {"garments": len(worn), "for_sale": len(worn)}}
    assert value(part.samples["p.recall_at_5"]) >= value(part.samples["p.recall_at_1"]) > 0
    bare = measure_worn("p", worn, shelf.without(NAMES[0]), TRACKER)
    assert bare.details == {"p": {"garments": len(worn), "for_sale": 0}}
    assert np.isnan(value(bare.samples["p.recall_at_1"]))


def test_a_measurement_tells_how_many_products_there_were(data_folder: Path) -> None:
    document = measure("stand-in", TRACKER, Given(data=data_folder), 300, 0, 1, watch=False)
    assert document.kind == "products"
    assert document.data["products"] == 3 * len(NAMES)
    assert set(document.measures) >= {
        "products.recall_at_1", "products.exact.precision", "products.exact.half_for_sale",
        "products.similar.precision", "products.without_color.recall_at_5",
    }  # fmt: skip
    assert document.measures["products.recall_at_5"].value is not None


def test_nothing_to_sell_is_refused(tmp_path: Path) -> None:
    code, _, error = run("products", "--reels", str(tmp_path))
    assert code == 2
    assert "no photos with label images were given" in error

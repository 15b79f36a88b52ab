from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catalog_jobs.evaluate.data.sources import Given
from catalog_jobs.evaluate.measures.samples import Rates
from catalog_jobs.evaluate.measures.tracks import TrackCounts
from catalog_jobs.evaluate.tracking import (
    ReelTracks,
    Tracker,
    measure_returning,
    part_of,
    truth_by_label,
    truth_by_mask,
)
from infra.settings import TaggingSettings
from serve_app.models.garments import Garment
from tests.catalog_jobs.evaluate.stand_in import ColorParser, StandIn


def garment(rows: slice) -> Garment:
    mask = np.zeros((20, 10), np.bool_)
    mask[rows] = True
    return Garment("top", 0, 0.9, (0, 0, 10, 20), mask)


def test_a_detection_is_the_garment_that_covers_most_of_it(data_folder: Path) -> None:
    folder = Given(data=data_folder).labelled_photos()
    assert folder is not None
    names = folder.groups.names
    groups = np.zeros((20, 10), np.uint8)
    groups[8:14], groups[14:] = names.index("top"), names.index("pants")
    truth = truth_by_mask("photo", groups, folder)
    assert truth(garment(slice(6, 14))) == "photo/top"
    assert truth(garment(slice(13, 20))) == "photo/pants"
    assert truth(garment(slice(0, 10))) is None
    assert truth_by_label("photo")(garment(slice(0, 4))) == "photo/top"


def test_measures_are_over_all_reels_and_the_false_are_told_apart() -> None:
    reels = [
        ReelTracks("one", TrackCounts(4, 3, 3, 2, 3, 2, 2), 1),
        ReelTracks("two", TrackCounts(6, 6, 4, 3, 4, 3, 3), 0),
    ]
    part = part_of("tracking", reels)
    one = np.ones((1, 2))
    assert part.samples["tracking.purity"].values(one) == pytest.approx([0.9])
    assert part.samples["tracking.fragmentation"].values(one) == pytest.approx([1.4])
    assert part.samples["tracking.fragmentation_by_detection"].values(one) == pytest.approx([1.0])
    assert part.samples["tracking.fragmentation_by_linking"].values(one) == pytest.approx([1.4])
    assert part.samples["tracking.fragmentation_again"].values(one) == pytest.approx([7 / 5])
    assert part.samples["tracking.purity"].keys == ("one", "two")
    tracking = part.details["tracking"]
    assert isinstance(tracking, dict)
    assert tracking["false_sightings"] == 1
    # Two garments seen again are too few for a mean.
    assert "tracking.fragmentation_again" not in part_of("tracking", reels[:1]).samples


def test_reels_made_of_photos_go_the_way_of_the_product(data_folder: Path) -> None:
    folder = Given(data=data_folder).labelled_photos()
    assert folder is not None
    tracker = Tracker(ColorParser(), StandIn(), StandIn.cutoffs, TaggingSettings())
    part = measure_returning(tracker, folder, 0)
    purity = part.samples["tracking.purity"]
    tracking: Any = part.details["tracking"]
    assert isinstance(purity, Rates)
    assert purity.keys == ("returning_000",)
    assert purity.counts[0] > 10
    assert purity.sums[0] <= purity.counts[0]
    assert tracking["reels"][0]["garments_again"] >= 2

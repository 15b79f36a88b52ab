from pathlib import Path

import pytest
from rich.console import Console

from functions.catalog.rematched import RematchReport, UnmatchedVideo
from functions.cli.rematching import rematch_bar
from functions.services import open_services
from infra.settings import Settings
from tests.functions.api.shelf import VIDEO_ID, Shelf, document
from tests.functions.catalog.stocked import RED, Shop, Wardrobe
from tests.functions.cli.conftest import Reelwear

ANNA, BORIS = "ab" * 8, "ac" * 8
FIRST = RematchReport(
    catalog="e@1#3", videos=25, changed=4, current=7, garments={"exact": 9, "none": 1}, left=2, next="abc-p1"
)
LAST = RematchReport(catalog="e@1#3", videos=2, changed=0, current=32, garments={"similar": 3})


@pytest.mark.usefixtures("host")
def test_the_host_is_asked_in_rounds_to_the_end(reelwear: Reelwear, shelf: Shelf) -> None:
    shelf.rounds = [FIRST, LAST]
    answer = reelwear("catalog", "rematch")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == (
        "matched 27 videos (9 exact, 3 similar, 1 none); 4 published anew; 7 videos had been before\n"
    )
    assert [asked[:3] for asked in shelf.rematches] == [(None, False, ""), (None, False, "abc-p1")]


@pytest.mark.usefixtures("host")
def test_one_video_may_be_named_as_elsewhere_and_forced(reelwear: Reelwear, shelf: Shelf) -> None:
    shelf.put(document())
    shelf.rounds = [RematchReport(catalog="e@1#3", videos=1)]
    assert reelwear("catalog", "rematch", "walk.mp4", "--force").out == "matched 1 video; 0 published anew\n"
    assert shelf.rematches[0][:2] == (VIDEO_ID, True)
    assert reelwear("catalog", "rematch", "nothing.mp4").code == 4


@pytest.mark.usefixtures("host")
def test_as_json_it_is_one_report_of_all_rounds(reelwear: Reelwear, shelf: Shelf) -> None:
    shelf.rounds = [FIRST, LAST]
    assert reelwear("catalog", "rematch", "--json").json == {
        "catalog": "e@1#3",
        "videos": 27,
        "changed": 4,
        "current": 7,
        "garments": {"exact": 9, "similar": 3, "none": 1},
        "outdated": {},
        "failed": [],
        "warning": None,
    }


@pytest.mark.usefixtures("host")
def test_what_failed_and_what_is_outdated_is_told(reelwear: Reelwear, shelf: Shelf) -> None:
    unmatched = UnmatchedVideo(video_id=VIDEO_ID, code="internal", message="it broke")
    shelf.rounds = [RematchReport(catalog="e@1#3", failed=(unmatched,), outdated={"e@0": 2}, warning="run e@1 again")]
    answer = reelwear("catalog", "rematch")
    assert answer.code == 1
    assert answer.out.splitlines() == ["nothing to match", f"{VIDEO_ID}: internal it broke", "run e@1 again"]


def test_where_no_host_runs_the_stores_are_opened_here(reelwear: Reelwear, data_dir: Path, tmp_path: Path) -> None:
    services = open_services(Settings.load(data_dir), spare_decoders=0)
    wardrobe, shop = Wardrobe(services), Shop(services)
    wardrobe.wear(ANNA, {"001": RED})
    wardrobe.wear(BORIS, {"001": RED})
    shop.sell("p", {"front": 0.97})
    shop.open()
    services.close()
    assert reelwear("catalog", "rematch", ANNA[:4]).out == "matched 1 video (1 exact); 1 published anew\n"
    assert reelwear("catalog", "rematch", f"{BORIS}.mp4").out == "matched 1 video (1 exact); 1 published anew\n"
    assert reelwear("catalog", "rematch").out == "nothing to match; 2 videos had been before\n"
    assert reelwear("catalog", "rematch", "a").code == 2
    unknown = tmp_path / "other.mp4"
    unknown.write_bytes(b"other")
    assert reelwear("catalog", "rematch", unknown).code == 4


def test_without_a_catalogue_the_way_to_one_is_told(reelwear: Reelwear) -> None:
    answer = reelwear("catalog", "rematch")
    assert answer.code == 0
    assert answer.out == "no catalogue is live; `reelwear catalog index` makes one of what was imported\n"


def test_in_a_log_a_line_now_and_then_tells_rate_and_time_left() -> None:
    clock = iter([0.0, 0.0, 5.0, 12.5, 20.0])
    console = Console(width=100, record=True, force_terminal=False)
    with rematch_bar(console, is_quiet=False, clock=lambda: next(clock)) as show:
        for videos in (10, 25, 40):
            show(RematchReport(videos=videos, left=100 - videos))
    assert console.export_text() == "25 of 100 videos, 2.0/s, 38 s left\n"

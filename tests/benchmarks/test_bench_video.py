from pathlib import Path

import pytest

from functions.video.split import split
from infra.settings import VideoSettings
from tests.benchmarks.bench_video import CutScore, ReelScore, figures_of, score_cuts, score_reel
from tests.functions.video.media import held, picture, write_video
from tests.media import NO_REELS, REELS


def test_cuts_count_once_and_only_within_the_tolerance() -> None:
    assert score_cuts([1.0, 2.25, 3.0, 3.05], [1.1, 2.0, 3.1]) == CutScore(hits=2, misses=1, extras=2)


def test_two_true_cuts_are_not_both_matched_by_one() -> None:
    assert score_cuts([1.0], [0.9, 1.1]) == CutScore(hits=1, misses=1, extras=0)


def test_nothing_found_of_nothing_is_perfect() -> None:
    assert score_cuts([], []).f1 == 1.0


def test_f1_is_the_harmonic_mean() -> None:
    assert CutScore(hits=6, misses=2, extras=4).f1 == pytest.approx(2 * 0.6 * 0.75 / 1.35)
    assert CutScore(hits=0, misses=2, extras=4).f1 == 0.0


def test_figures_fail_below_their_limits() -> None:
    good = ReelScore("a", CutScore(20, 0, 0), (100.0,), (90.0,))
    bad = ReelScore("b", CutScore(10, 10, 0), (100.0,), (50.0,))
    assert [figure.is_reached for figure in figures_of([good])] == [True, True]
    assert [figure.is_reached for figure in figures_of([bad])] == [False, False]


def test_a_reel_is_scored_against_its_truth(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", held(picture(1), 1.0) + held(picture(2), 1.0))
    score = score_reel(path, [1.0, 1.5], VideoSettings())
    assert score.cuts == CutScore(hits=1, misses=1, extras=0)
    assert all(0 < ratio < 10 for ratio in score.ratios)


@pytest.mark.skipif(not REELS.exists(), reason=NO_REELS)
def test_a_fixed_camera_has_one_shot_and_sees_everyone() -> None:
    result = split(REELS / "one-by-one-person-detection.mp4", VideoSettings())
    assert len(result.shots) == 1
    # Six people, one after the other (seconds from the start).
    for start_s, end_s in ((7, 19), (24, 45), (51, 69), (76, 88), (93, 119), (124, 136)):
        assert any(start_s <= keyframe.time_s <= end_s for keyframe in result.keyframes)

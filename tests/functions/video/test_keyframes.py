import numpy as np
import pytest

from functions.video.glance import Cells, Glance, Quality
from functions.video.jpeg import Jpeg
from functions.video.keyframes import Album, Choice, KeyframeChooser, Shot, is_same_picture
from functions.video.shots import Transition

RATE = 25


def cells(seed: int) -> Cells:
    return np.kron(np.random.default_rng(seed).integers(0, 256, (24, 6)), np.ones((8, 6))).astype(np.uint8)


def glance(time_s: float, sharpness: float = 1.0, quality: Quality = Quality.PICTURE, seed: int = 0) -> Glance:
    return Glance(time_s, cells(seed), sharpness, quality)


def chosen(glances: list[Glance], changes: list[Transition], end_s: float) -> tuple[list[Choice[float]], list[Shot]]:
    """The choices over glances that stand for frames named by their times."""
    chooser = KeyframeChooser[float]()
    choices: list[Choice[float]] = []
    left = list(changes)
    for look in glances:
        is_jump = any(look.time_s == change.start_s for change in changes)
        chooser.add(look, look.time_s, is_jump)
        settled_s = look.time_s - 2.0
        ready = [change for change in left if change.start_s < settled_s]
        left = [change for change in left if change not in ready]
        choices += chooser.settle(ready, settled_s)
    choices += chooser.settle(left, end_s) + chooser.finish(end_s)
    return choices, chooser.shots


def steady(seconds: float) -> list[Glance]:
    return [glance(i / RATE) for i in range(round(seconds * RATE))]


def test_a_one_shot_reel_has_one_keyframe() -> None:
    choices, shots = chosen(steady(3.0), [], 3.0)
    assert [choice.stretch for choice in choices] == shots == [Shot(0.0, 3.0)]


def test_the_sharpest_frame_is_taken() -> None:
    glances = [glance(i / RATE, sharpness=9.0 if i == 40 else 1.0) for i in range(75)]
    (choice,), _ = chosen(glances, [], 3.0)
    assert choice.picture == 40 / RATE


def test_a_frame_at_the_edge_of_a_shot_is_taken_only_if_much_sharper() -> None:
    glances = [glance(i / RATE, sharpness=1.5 if i == 74 else 1.0) for i in range(75)]
    (choice,), _ = chosen(glances, [], 3.0)
    assert 0.5 <= choice.picture <= 2.5


@pytest.mark.parametrize("poor", [Quality.BLACK, Quality.BLANK, Quality.MIXED])
def test_poor_frames_are_taken_only_where_there_is_nothing_else(poor: Quality) -> None:
    glances = [glance(i / RATE, 50.0, poor) if i != 30 else glance(i / RATE) for i in range(75)]
    (choice,), _ = chosen(glances, [], 3.0)
    assert choice.picture == 30 / RATE
    (only,), _ = chosen([glance(i / RATE, 50.0, poor) for i in range(75)], [], 3.0)
    assert only.quality is poor


def test_no_frame_within_a_fade_is_taken() -> None:
    glances = [glance(i / RATE, sharpness=50.0 if 2.0 <= i / RATE < 2.5 else 1.0) for i in range(125)]
    choices, shots = chosen(glances, [Transition(2.0, 2.5)], 5.0)
    assert shots == [Shot(0.0, 2.0), Shot(2.0, 5.0)]
    assert choices[0].picture < 2.0
    assert choices[1].picture >= 2.5


def test_every_short_shot_has_its_own_frame() -> None:
    changes = [Transition(i / 5, i / 5) for i in range(1, 10)]
    glances = [glance(i / 25, sharpness=float(i)) for i in range(50)]
    choices, shots = chosen(glances, changes, 2.0)
    assert len(choices) == len(shots) == 10
    assert all(choice.stretch.start_s - 1e-6 <= choice.picture <= choice.stretch.end_s for choice in choices)


def test_a_long_shot_is_looked_at_more_than_once() -> None:
    choices, shots = chosen(steady(20.0), [], 20.0)
    assert shots == [Shot(0.0, 20.0)]
    assert 4 <= len(choices) <= 6
    assert choices[0].stretch.start_s == 0.0
    assert choices[-1].stretch.end_s == 20.0
    ends = [choice.stretch.end_s for choice in choices[:-1]]
    assert ends == [choice.stretch.start_s for choice in choices[1:]]


def test_what_is_left_of_a_long_shot_belongs_to_its_last_stretch() -> None:
    choices, _ = chosen(steady(4.0), [], 4.0)
    assert [choice.stretch for choice in choices] == [Shot(0.0, 4.0)]


def test_black_between_shots_is_no_shot() -> None:
    glances = [glance(i / RATE, 1.0, Quality.BLACK if 2.0 <= i / RATE < 3.0 else Quality.PICTURE) for i in range(125)]
    _, shots = chosen(glances, [Transition(2.0, 2.0), Transition(3.0, 3.0)], 5.0)
    assert shots == [Shot(0.0, 2.0), Shot(3.0, 5.0)]


def album(most: int) -> Album[float]:
    return Album(most, lambda time_s: Jpeg(1, 1, repr(time_s).encode()))


def choice(time_s: float, seed: int) -> Choice[float]:
    return Choice(Shot(time_s, time_s + 1), glance(time_s, seed=seed), time_s, (Quality.PICTURE, 1.0))


def test_a_returning_picture_is_kept_once_with_its_spans() -> None:
    kept = album(10)
    for time_s, seed in ((0, 1), (1, 2), (2, 1), (3, 1), (4, 2)):
        kept.add(choice(time_s, seed))
    assert [page.jpeg.data for page in kept.pages] == [b"0", b"1"]
    assert kept.pages[0].spans == [Shot(0, 1), Shot(2, 4)]


@pytest.mark.parametrize("most", [1, 2, 5, 12])
def test_a_full_album_is_spread_over_the_video(most: int) -> None:
    kept = album(most)
    for i in range(100):
        kept.add(choice(float(i), i))
    times_s = [page.time_s for page in kept.pages]
    assert len(times_s) == most
    assert times_s == sorted(times_s)
    if most > 1:
        assert times_s[-1] == 99.0
        assert max(np.diff(times_s)) <= 2.5 * 99 / (most - 1)


def test_the_same_layout_in_another_colour_is_another_picture() -> None:
    one = cells(1)
    other = one.copy()
    other[80:110, 10:20] = np.clip(other[80:110, 10:20].astype(int) + 40, 0, 255)
    assert is_same_picture(one, one)
    assert not is_same_picture(one, other)


def test_coding_noise_makes_no_other_picture() -> None:
    noise = np.random.default_rng(0).integers(-4, 5, cells(1).shape)
    assert is_same_picture(cells(1), np.clip(cells(1) + noise, 0, 255).astype(np.uint8))

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from functions.video.glance import Cells, Glance, Quality
from functions.video.shots import NEAR, ShotDetector, Transition, around, difference, relit

RATE = 30
TOLERANCE_S = 2 / RATE


def scene(seed: int) -> NDArray[np.float64]:
    """A smooth world of luma and chroma, larger than a picture of it."""
    rng = np.random.default_rng(seed)
    return np.kron(rng.uniform(20, 235, (3, 16, 12)), np.ones((1, 12, 12))).astype(np.float64)


def view(world: NDArray[np.float64], x: float = 0.0, y: float = 0.0) -> Cells:
    """64x36 cells of a world from a place in it, between its cells as well."""
    left, top = int(x), int(y)
    across, down = x - left, y - top
    window = world[:, top : top + 65, left : left + 37]
    mixed = window[:, :-1] * (1 - down) + window[:, 1:] * down
    return (mixed[..., :-1] * (1 - across) + mixed[..., 1:] * across).reshape(-1, 36).astype(np.uint8)


def mix(one: Cells, other: Cells, share: float) -> Cells:
    return (one * (1 - share) + other * share).astype(np.uint8)


def changes(pictures: Sequence[Cells], rate: float = RATE) -> list[Transition]:
    detector, found = ShotDetector(), []
    for i, cells in enumerate(pictures):
        detector.feed(detector.measure(Glance(i / rate, cells, 1.0, Quality.PICTURE)))
        found += detector.take()
    detector.finish()
    return found + detector.take()


def starts(pictures: Sequence[Cells], rate: float = RATE) -> list[float]:
    return [change.start_s for change in changes(pictures, rate)]


A, B, C = (view(scene(seed)) for seed in (1, 2, 3))
BLACK = np.vstack([np.full((64, 36), 16, np.uint8), np.full((128, 36), 128, np.uint8)])
WHITE = np.vstack([np.full((64, 36), 235, np.uint8), np.full((128, 36), 128, np.uint8)])


def test_a_still_shot_has_no_cut() -> None:
    assert changes([A] * 90) == []


def test_hard_cuts_are_found_on_their_frames() -> None:
    assert starts([A] * 45 + [B] * 20 + [C] * 60) == pytest.approx([45 / RATE, 65 / RATE])


def test_a_cut_near_the_end_is_found() -> None:
    assert starts([A] * 45 + [B] * 2) == pytest.approx([45 / RATE])


@pytest.mark.parametrize("rate", [10, 24, 60, 120])
def test_cuts_are_found_at_any_frame_rate(rate: int) -> None:
    assert starts([A] * 2 * rate + [B] * 2 * rate, rate) == pytest.approx([2.0])


@pytest.mark.parametrize("seconds", [0.2, 0.43, 0.8, 1.5])
def test_a_dissolve_is_one_change_over_its_whole_length(seconds: float) -> None:
    steps = round(seconds * RATE)
    mixed = [mix(A, B, (i + 1) / (steps + 1)) for i in range(steps)]
    (found,) = changes([A] * 60 + mixed + [B] * 60)
    assert found.start_s == pytest.approx(2.0, abs=TOLERANCE_S + 0.1)
    assert found.end_s == pytest.approx(2.0 + seconds, abs=TOLERANCE_S + 0.1)


def test_a_fade_through_black_starts_the_next_shot_where_black_ends() -> None:
    out = [mix(A, BLACK, i / 15) for i in range(1, 15)]
    back = [mix(BLACK, B, i / 15) for i in range(1, 15)]
    found = changes([A] * 60 + out + [BLACK] * 12 + back + [B] * 60)
    assert [change.start_s for change in found] == pytest.approx([2.0, 86 / RATE], abs=TOLERANCE_S + 0.1)


@pytest.mark.parametrize("frames", [1, 3, 6])
def test_a_flash_is_no_cut(frames: int) -> None:
    assert changes([A] * 60 + [WHITE] * frames + [A] * 60) == []


def test_a_flash_that_dies_away_is_no_cut() -> None:
    dying = [mix(WHITE, A, i / 8) for i in range(9)]
    assert changes([A] * 60 + dying + [A] * 60) == []


@pytest.mark.parametrize("speed", [0.2, 0.7, 1.5])
def test_a_pan_is_no_cut(speed: float) -> None:
    assert changes([view(scene(4), x=min(i * speed, 100)) for i in range(90)]) == []


def test_a_change_of_light_is_no_cut() -> None:
    darkened = relit(A, mix(A, BLACK, 0.6))
    assert changes([A] * 60 + [mix(A, darkened, i / 15) for i in range(15)] + [darkened] * 60) == []


def test_a_person_walking_through_is_no_cut() -> None:
    pictures = []
    for i in range(60):
        cells = A.copy()
        cells[20:60, max(0, i - 10) : max(0, i - 2)] = 40
        pictures.append(cells)
    assert changes(pictures, rate=10) == []


def test_a_cut_within_a_pan_is_found() -> None:
    one, other = scene(5), scene(6)
    pictures = [view(one, x=i * 0.5) for i in range(60)] + [view(other, x=i * 0.5) for i in range(60)]
    assert starts(pictures) == pytest.approx([2.0])


def test_a_cut_with_a_blended_frame_is_one_cut() -> None:
    assert len(changes([A] * 60 + [mix(A, B, 0.5)] + [B] * 60)) == 1


def test_frames_far_apart_in_time_are_cut_by_what_they_show() -> None:
    assert starts([A, A, B, B], rate=0.5) == pytest.approx([4.0])


def test_the_detector_keeps_a_fixed_number_of_frames() -> None:
    detector = ShotDetector()
    kept = []
    for i in range(3000):
        detector.feed(detector.measure(Glance(i / RATE, A if i // 50 % 2 else B, 1.0, Quality.PICTURE)))
        detector.take()
        kept.append(len(detector._moments))
    assert max(kept[1500:]) == max(kept[:1500]) < 5 * RATE


def test_difference_is_zero_for_a_shift_of_one_cell_and_symmetric() -> None:
    world = scene(7)
    one, other, a, b = (around(cells, NEAR) for cells in (view(world, x=5), view(world, x=6), A, B))
    assert difference(one, other) < 1.0
    assert difference(a, b) == difference(b, a) > 20

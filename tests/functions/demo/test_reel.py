from itertools import pairwise

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from functions.demo.reel import FADE_S, FPS, HEIGHT, SCENES, WIDTH, View, make_reel, photo_shown, stage, view_at


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> list[NDArray[np.uint8]]:
    pytest.importorskip("skimage", reason="the demo's photographs come with reelwear[demo]")
    path = tmp_path_factory.mktemp("demo") / "reel.mp4"
    make_reel(path)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", WIDTH, HEIGHT)
        assert stream.average_rate == FPS
        return [np.asarray(frame.to_ndarray(format="gray")[::8, ::8], np.uint8) for frame in container.decode(stream)]


def test_the_reel_is_as_long_as_its_scenes(frames: list[NDArray[np.uint8]]) -> None:
    assert len(frames) == round(sum(scene.length_s for scene in SCENES) * FPS) == 246


def test_the_reel_has_one_hard_cut_between_its_first_scenes(frames: list[NDArray[np.uint8]]) -> None:
    changes = [float(np.abs(b.astype(int) - a).mean()) for a, b in pairwise(frames)]
    cut, second = np.argsort(changes)[::-1][:2]
    assert cut + 1 == round(SCENES[0].length_s * FPS)
    assert changes[second] < changes[cut] / 5


def test_the_last_scene_comes_out_of_the_one_before(frames: list[NDArray[np.uint8]]) -> None:
    start, length = round((SCENES[0].length_s + SCENES[1].length_s) * FPS), round(FADE_S * FPS)
    ends = np.stack([frames[start - 1].ravel(), frames[start + length].ravel()], axis=1).astype(float)
    shares = [np.linalg.lstsq(ends, frames[start + at].ravel().astype(float))[0][1] for at in (3, length // 2, 15)]
    assert shares == pytest.approx([3 / length, 0.5, 15 / length], abs=0.1)


def test_a_view_shows_its_middle_in_the_middle() -> None:
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    picture[310:330, 350:370] = 255
    frame = view_at(picture, View(x=0.5, y=0.25, height=0.5))
    y, x = np.argwhere(frame[:, :, 0] > 128).mean(axis=0)
    assert frame.shape == (HEIGHT, WIDTH, 3)
    assert (x, y) == pytest.approx((WIDTH / 2, HEIGHT / 2), abs=3)


@pytest.mark.parametrize("shape", [(512, 512, 3), (600, 512, 3), (300, 900, 3)])
def test_a_stage_shows_the_whole_photograph_over_its_blur(shape: tuple[int, int, int]) -> None:
    chance = np.random.default_rng(0)
    photo = np.full(shape, 100, np.uint8)
    photo[::2] = chance.integers(0, 2, dtype=np.uint8) * 200
    scene = stage(photo).astype(int)
    top = (HEIGHT - round(shape[0] * WIDTH / shape[1])) // 2
    assert scene.shape == (HEIGHT, WIDTH, 3)
    assert np.abs(np.diff(scene[: top - 1], axis=0)).max() < 20
    assert np.abs(np.diff(scene[top + 2 : HEIGHT - top - 2], axis=0)).max() > 20


@pytest.mark.parametrize(
    ("spans_s", "photo"),
    [
        ([(0.0, 2.8), (5.6, 8.2)], "astronaut"),
        ([(2.8, 5.6)], "grace_hopper"),
        ([(2.5, 5.6)], "grace_hopper"),
        ([(9.0, 10.0)], None),
        ([], None),
    ],
)
def test_a_time_tells_the_photograph(spans_s: list[tuple[float, float]], photo: str | None) -> None:
    assert photo_shown(spans_s) == photo

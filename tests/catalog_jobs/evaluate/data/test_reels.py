import json
from pathlib import Path

import av
import numpy as np
import pytest

from catalog_jobs.evaluate.data.reels import read_reels

COLORS = ((200, 20, 20), (20, 160, 20))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A reel of one red and one green second."""
    with av.open(str(tmp_path / "r.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 96, "yuv420p"
        for index in range(20):
            pixels = np.full((96, 64, 3), COLORS[index // 10], np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    shots = [{"photo": "a", "start_s": 0, "end_s": 1}, {"photo": "b", "start_s": 1, "end_s": 2}]
    (tmp_path / "truth.json").write_text(json.dumps({"r": {"shots": shots, "duration_s": 2}}))
    return tmp_path


@pytest.mark.parametrize("frames_a_shot, times", [(1, [0.5, 1.5]), (3, [0.25, 0.5, 0.75, 1.25, 1.5, 1.75])])
def test_frames_are_of_the_shot_that_the_truth_tells(folder: Path, frames_a_shot: int, times: list[float]) -> None:
    ((name, frames),) = read_reels(folder, frames_a_shot)
    assert name == "r"
    assert [frame.time_s for frame in frames] == times
    for frame in frames:
        red, green, _ = frame.frame.mean((0, 1))
        assert (red > green) == (frame.photo == "a")


def test_a_truth_beyond_the_end_is_named(folder: Path) -> None:
    (folder / "truth.json").write_text('{"r": {"shots": [{"photo": "a", "start_s": 1, "end_s": 9}]}}')
    with pytest.raises(ValueError, match=r"r\.mp4 ends before 5\.00 s"):
        list(read_reels(folder, 1))


@pytest.mark.parametrize("name, content, words", [("truth.json", "[]", "tells no shots"), ("r.mp4", "x", "no video")])
def test_what_cannot_be_read_is_named(folder: Path, name: str, content: str, words: str) -> None:
    (folder / name).write_text(content)
    with pytest.raises(ValueError, match=words):
        list(read_reels(folder, 1))

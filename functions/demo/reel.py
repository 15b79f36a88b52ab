"""A short reel of two public-domain photographs that installed packages carry: real people in real clothes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from infra.errors import ErrorCode, ReelwearError

WIDTH, HEIGHT, FPS = 720, 1280, 30
CAPTION = "A flight suit and dress blues: clean, polished, hair done, nothing loud. #cleangirl #minimal #ootd"
# Both are works of NASA and the U.S. Navy, and so in the public domain.
PHOTOS = {
    "astronaut": ("skimage", "data/astronaut.png"),
    "grace_hopper": ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),
}
FADE_S = 0.6
BLUR = 8

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class View:
    """A window on a stage: its middle and its height as shares of the stage's width and height."""

    x: float
    y: float
    height: float


@dataclass(frozen=True)
class Scene:
    """A slow move over one photograph, from one view to another."""

    photo: str
    length_s: float
    start: View
    end: View
    fades_in: bool = False


SCENES = (
    Scene("astronaut", 2.8, View(0.5, 0.5, 0.98), View(0.5, 0.51, 0.88)),
    Scene("grace_hopper", 2.8, View(0.5, 0.52, 0.90), View(0.5, 0.5, 0.98)),
    Scene("astronaut", 2.6, View(0.51, 0.52, 0.86), View(0.49, 0.5, 0.97), fades_in=True),
)


def make_reel(path: Path) -> float:
    """Write the reel (720×1280, 30 frames a second, H.264) and give its length in seconds; the same frames every time.

    A hard cut and a fade lie between its scenes. Raises BAD_SETTING where a photograph is missing.
    """
    stages = {name: stage(_photo(name)) for name in PHOTOS}
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "20", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        for pixels in _frames(stages):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return sum(scene.length_s for scene in SCENES)


def photo_shown(spans_s: Sequence[tuple[float, float]]) -> str | None:
    """The photograph that the reel shows longest within some spans of time; None where they lie outside it."""
    shown = dict.fromkeys(PHOTOS, 0.0)
    began_s = 0.0
    for scene in SCENES:
        ended_s = began_s + scene.length_s
        shown[scene.photo] += sum(max(0.0, min(end, ended_s) - max(start, began_s)) for start, end in spans_s)
        began_s = ended_s
    longest = max(shown, key=shown.__getitem__)
    return longest if shown[longest] else None


def stage(photo: Pixels) -> Pixels:
    """A photograph (H×W×3) as wide as a frame, before its own pale blur over the whole frame: HEIGHT×WIDTH×3."""
    height, width = photo.shape[:2]
    small = cv2.resize(photo, (WIDTH // BLUR, HEIGHT // BLUR), interpolation=cv2.INTER_AREA)
    pale = cv2.addWeighted(cv2.GaussianBlur(small, (0, 0), BLUR), 0.25, np.full_like(small, 228), 0.75, 0)
    ground = cv2.resize(pale, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    shown = cv2.resize(photo, (WIDTH, round(height * WIDTH / width)), interpolation=cv2.INTER_CUBIC)
    top = (HEIGHT - shown.shape[0]) // 2
    ground[top : top + shown.shape[0]] = shown
    return np.asarray(ground, np.uint8)


def view_at(picture: Pixels, view: View) -> Pixels:
    """What a view shows of a stage, as a frame (HEIGHT×WIDTH×3); beyond the edges, their pixels go on."""
    scale = 1 / view.height
    move = np.array([[scale, 0, WIDTH / 2 - scale * view.x * WIDTH], [0, scale, HEIGHT / 2 - scale * view.y * HEIGHT]])
    frame = cv2.warpAffine(picture, move, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(frame, np.uint8)


def _frames(stages: dict[str, Pixels]) -> Iterator[Pixels]:
    last = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for scene in SCENES:
        before = last
        count = round(scene.length_s * FPS)
        for index in range(count):
            last = view_at(stages[scene.photo], _between(scene, index / (count - 1)))
            shown = min(1.0, index / (FADE_S * FPS)) if scene.fades_in else 1.0
            yield np.asarray(cv2.addWeighted(last, shown, before, 1 - shown, 0), np.uint8) if shown < 1 else last


def _between(scene: Scene, share: float) -> View:
    eased = share * share * (3 - 2 * share)
    start, end = scene.start, scene.end
    return View(
        start.x + eased * (end.x - start.x),
        start.y + eased * (end.y - start.y),
        start.height + eased * (end.height - start.height),
    )


def _photo(name: str) -> Pixels:
    package, place = PHOTOS[name]
    spec = find_spec(package)
    path = Path(spec.origin).parent / place if spec and spec.origin else None
    pixels = cv2.imread(str(path)) if path and path.is_file() else None
    if pixels is None:
        raise ReelwearError(
            ErrorCode.BAD_SETTING,
            f"the demo's photograph {place} of the package {package} is missing; "
            "pip install 'reelwear[demo]', or name a video of your own with --video",
        )
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)

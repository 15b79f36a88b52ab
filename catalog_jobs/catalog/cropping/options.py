"""How pictures are cut."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# Below it a find is noise: on photos of people fewer than one in five of those is right.
MIN_SCORE: Final = 0.2
# As large as the frames of a video may be.
MAX_PIXELS: Final = 8192 * 4608


class Where(StrEnum):
    """Where the models run: the server if it answers, else here if that is the same; the server; this process; a
    cluster.
    """

    AUTO = "auto"
    SERVER = "server"
    HERE = "here"
    RAY = "ray"


@dataclass(frozen=True)
class CropOptions:
    """min_score: finds below it are not written. max_pixels: the largest picture, width times height. batch: pictures
    of one request. at_once: requests under way. is_forced: cut what is cut already.
    """

    min_score: float = MIN_SCORE
    max_pixels: int = MAX_PIXELS
    batch: int = 8
    at_once: int = 3
    is_forced: bool = False

"""A part of a mask, out of COCO's compressed run lengths, without making the whole of it."""

import numpy as np
from numpy.typing import NDArray

from serve_app.models.pictures import Image

CONTINUES, NEGATIVE, LOW = 0x20, 0x10, 0x1F


def run_lengths(counts: str) -> NDArray[np.int64]:
    """The lengths of the runs, of what is not the mask first; format after cocoapi's maskApi.c, rleFrString.

    >>> run_lengths("52203").tolist()
    [5, 2, 2, 2, 5]
    """
    letters = np.frombuffer(counts.encode("ascii"), np.uint8).astype(np.int64) - 48
    is_last = letters & CONTINUES == 0
    number = np.concatenate([[0], np.cumsum(is_last)[:-1]])
    ends = np.flatnonzero(is_last)
    starts = np.concatenate([[0], ends[:-1] + 1])
    place = np.arange(len(letters)) - starts[number]
    values = np.zeros(len(ends), np.int64)
    np.add.at(values, number, (letters & LOW) << (5 * place))
    values -= np.where(letters[ends] & NEGATIVE, 1 << (5 * (place[ends] + 1)), 0)
    # From the fourth on they are told as what they are longer than the last but one.
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values


def columns_of_mask(counts: str, size: tuple[int, int], box_xyxy: tuple[int, int, int, int]) -> Image:
    """What of a mask lies in a box (within the picture), column by column as the runs go: w×h of 0 and 255.

    size: (height, width) of the picture. Raises ValueError where the runs do not fill the picture.
    """
    height, width = size
    left, top, right, bottom = box_xyxy
    lengths = run_lengths(counts)
    if lengths.sum() != height * width or lengths.min(initial=0) < 0:
        raise ValueError(f"run lengths cover {lengths.sum()} pixels; size {size} has {height * width}")
    ends = np.clip(np.cumsum(lengths), left * height, right * height)
    inside = np.diff(ends, prepend=left * height)
    colors = np.zeros(len(lengths), np.uint8)
    colors[1::2] = 255
    return np.repeat(colors, inside).reshape(right - left, height)[:, top:bottom]

"""Items: one garment of one wearer, over all keyframes that show it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from functions.tagging.attributes import voted_attributes
from functions.tagging.color import ItemColor, name_color
from functions.tagging.crops import masked_crop, plain_crop
from functions.tagging.linking import link
from functions.tagging.looks import Look, SeenFrame, looks_of, mask_of, thumbnail
from functions.tagging.taxonomy import GARMENT_TYPES
from infra.settings import TaggingSettings
from serve_app.contract import Attribute, Box, Cutoffs, Rle, Vector

__all__ = ["Item", "ItemColor", "SeenFrame", "Sighting", "find_items"]

MAX_GAP_S = 0.25
# Each further sighting counts as a quarter of an independent look, four at most: frames of one video are much alike.
SIGHTING_WORTH = 0.25
MAX_WORTH = 2.0
TYPE_ORDER = {row.name: number for number, row in enumerate(GARMENT_TYPES)}


@dataclass(frozen=True)
class Sighting:
    """An item in one keyframe: the keyframe's index, the box in its pixels, the detection's score and mask."""

    keyframe: int
    box: Box
    score: float
    mask: Rle | None


@dataclass(frozen=True)
class Item:
    """One garment of one wearer.

    segments: seconds of the video, in order, apart by MAX_GAP_S or more. sightings: in order of keyframes.
    best: the sighting that shows it best, which the crops are from. vector: unit length, None where the models
    gave none. attributes: those that are sure, by name. crop_jpeg: the box with some margin. masked_png: with alpha,
    opaque where the garment is.
    """

    type: str
    color: ItemColor | None
    confidence: float
    segments: tuple[tuple[float, float], ...]
    sightings: tuple[Sighting, ...]
    best: int
    vector: Vector | None
    attributes: tuple[Attribute, ...]
    crop_jpeg: bytes
    masked_png: bytes


def find_items(
    frames: Sequence[SeenFrame], settings: TaggingSettings, cutoffs: Mapping[str, Cutoffs]
) -> tuple[Item, ...]:
    """The garments of a video, in order of their first appearance, then of the taxonomy.

    cutoffs: what cosines of the frames' embedder mean, by garment type, "default" for the others; without any, vectors
    say nothing. The order of the frames and of their detections changes nothing. Frames are decoded one at a time,
    once for their looks and once more for the crops, so that memory stays flat.
    Raises MODEL_REFUSED for masks or vectors that cannot be read.
    """
    order = sorted(range(len(frames)), key=lambda position: frames[position].index)
    looks: list[Look] = []
    thumbnails = []
    spans = []
    indices = []
    for number, position in enumerate(order):
        frame = frames[position]
        pixels = frame.pixels()
        looks += looks_of(number, frame, pixels, settings)
        thumbnails.append(thumbnail(pixels))
        spans.append((frame.start_s, frame.end_s))
        indices.append(frame.index)
    groups = [
        sorted((looks[i] for i in group), key=lambda look: look.frame) for group in link(looks, thumbnails, cutoffs)
    ]
    crops = crop_best([best_look(group) for group in groups], frames, order)
    items = [
        Item(
            type=voted_type(group),
            color=voted_color(group),
            confidence=confidence(group),
            segments=segments(spans[look.frame] for look in group),
            sightings=tuple(
                Sighting(indices[look.frame], look.box, look.detection.score, look.detection.mask) for look in group
            ),
            best=best_look_index(group),
            vector=mean_vector(group),
            attributes=voted_attributes(group, voted_type(group)),
            crop_jpeg=crop,
            masked_png=masked,
        )
        for group, (crop, masked) in zip(groups, crops, strict=True)
    ]
    return tuple(sorted(items, key=lambda item: (item.segments[0][0], TYPE_ORDER[item.type], item.sightings[0].box)))


def best_look_index(group: Sequence[Look]) -> int:
    """Index of the look that shows the garment best: as the voted type, then large, sure, whole and sharp."""
    kind = voted_type(group)
    return max(range(len(group)), key=lambda index: (group[index].type == kind, group[index].quality, -index))


def best_look(group: Sequence[Look]) -> Look:
    """The look that shows the garment best."""
    return group[best_look_index(group)]


def crop_best(looks: Sequence[Look], frames: Sequence[SeenFrame], order: Sequence[int]) -> list[tuple[bytes, bytes]]:
    """The plain and the masked crop of each look; each frame is read once."""
    by_frame: dict[int, list[int]] = defaultdict(list)
    for index, look in enumerate(looks):
        by_frame[look.frame].append(index)
    crops: dict[int, tuple[bytes, bytes]] = {}
    for number, members in by_frame.items():
        pixels = frames[order[number]].pixels()
        for index in members:
            look = looks[index]
            is_masked = look.detection.mask is not None
            mask = mask_of(look.detection, look.frame_wh) if is_masked else np.ones(pixels.shape[:2], np.bool_)
            crops[index] = plain_crop(pixels, look.box), masked_crop(pixels, mask, look.box)
    return [crops[index] for index in range(len(looks))]


def voted_type(group: Sequence[Look]) -> str:
    """The type with the largest sum of scores; on a tie the first of the taxonomy."""
    votes: dict[str, float] = defaultdict(float)
    for look in group:
        votes[look.type] += look.detection.score
    return max(votes, key=lambda kind: (votes[kind], -TYPE_ORDER[kind]))


def voted_color(group: Sequence[Look]) -> ItemColor | None:
    """The colour of the best look among those of the basic colour that the looks agree on most."""
    votes: dict[str, float] = defaultdict(float)
    named = [(name_color(look.color), look.quality) for look in group if look.color]
    for color, quality in named:
        votes[color.basic] += quality
    if not votes:
        return None
    basic = max(sorted(votes), key=lambda name: votes[name])
    return max((pair for pair in named if pair[0].basic == basic), key=lambda pair: pair[1])[0]


def confidence(group: Sequence[Look]) -> float:
    """Sure when the scores are high, the looks agree on the type, and there are several: 0 to 1."""
    kind = voted_type(group)
    scores = [look.detection.score for look in group]
    agreed = sum(look.detection.score for look in group if look.type == kind)
    worth = min(1 + SIGHTING_WORTH * (len(group) - 1), MAX_WORTH)
    single = min(agreed / len(scores), 1.0)
    return round(1 - float((1 - single) ** worth), 4)


def segments(spans: Iterable[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Spans of time in order, those less than MAX_GAP_S apart joined."""
    joined: list[tuple[float, float]] = []
    for start_s, end_s in sorted(spans):
        if joined and start_s - joined[-1][1] < MAX_GAP_S:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end_s))
        else:
            joined.append((start_s, end_s))
    return tuple(joined)


def mean_vector(group: Sequence[Look]) -> Vector | None:
    """The unit vector between those of the looks, the better ones counting more."""
    known = [(look.vector, look.quality) for look in group if look.vector is not None]
    if not known:
        return None
    mean = np.average([vector for vector, _ in known], axis=0, weights=[weight for _, weight in known])
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)

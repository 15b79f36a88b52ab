"""Whether garments are joined over the shots of a reel: from frames through detection and vectors to items."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from catalog_jobs.evaluate.data.labelled import LabelledFolder
from catalog_jobs.evaluate.data.reels import read_reels
from catalog_jobs.evaluate.data.returning import returning_reels
from catalog_jobs.evaluate.detection import Parser, as_detection, detect
from catalog_jobs.evaluate.document import Part
from catalog_jobs.evaluate.embedders import Embedder
from catalog_jobs.evaluate.measures.samples import Rates, Samples
from catalog_jobs.evaluate.measures.tracks import TrackCounts, TrueSighting, count_tracks
from functions.tagging.items import SeenFrame, find_items
from functions.tagging.taxonomy import NOT_ITEMS
from infra.settings import TaggingSettings
from serve_app.contract import Cutoffs, Detection, encode_vector
from serve_app.models.garments import Garment
from serve_app.models.pictures import Image, crop_masked

SHOT_S: Final = 2.0
# A mean over fewer garments says nothing.
LEAST_AGAIN: Final = 5
# A detection shows the garment group that covers most of it, if that is at least this much of it.
LEAST_COVER: Final = 0.5


@dataclass(frozen=True)
class Tracker:
    """The models and settings by which reels become items."""

    parser: Parser
    embedder: Embedder
    cutoffs: Mapping[str, Cutoffs]
    settings: TaggingSettings


@dataclass(frozen=True)
class Frame:
    """A frame, and what each garment found in it truly is; None for what is none."""

    picture: Image
    truth: Callable[[Garment], str | None]


@dataclass(frozen=True)
class ReelTracks:
    """What became of one reel. false_sightings: of rows, those that show no garment; they are left out of counts."""

    name: str
    counts: TrackCounts
    false_sightings: int


def measure_returning(tracker: Tracker, folder: LabelledFolder, seed: int) -> Part:
    """Purity and fragmentation on reels made of photos; a garment is a photo and a group of its label image."""
    reels = [
        track(tracker, name, [Frame(shot.frame, truth_by_mask(shot.photo, shot.groups, folder)) for shot in shots])
        for name, shots in returning_reels(folder, seed)
    ]
    return part_of("tracking", reels)


def measure_reels(tracker: Tracker, folder: Path, frames_a_shot: int) -> Part:
    """Purity and fragmentation on reels with known shots; a garment is a photo and the label that was found."""
    reels = [
        track(tracker, name, [Frame(frame.frame, truth_by_label(frame.photo)) for frame in frames])
        for name, frames in read_reels(folder, frames_a_shot)
    ]
    return part_of("tracking_reels", reels)


def truth_by_mask(photo: str, groups: NDArray[np.uint8], folder: LabelledFolder) -> Callable[[Garment], str | None]:
    """The garment group that covers most of a mask, as a garment of that photo."""

    def truth(garment: Garment) -> str | None:
        counts = np.bincount(groups[garment.mask], minlength=256)[: len(folder.groups.names)]
        best = int(counts.argmax())
        name = folder.groups.names[best]
        covers = counts[best] >= LEAST_COVER * np.count_nonzero(garment.mask)
        return f"{photo}/{name}" if covers and name not in NOT_ITEMS else None

    return truth


def truth_by_label(photo: str) -> Callable[[Garment], str | None]:
    """What was found, as a garment of that photo."""
    return lambda garment: f"{photo}/{garment.label}"


def track(tracker: Tracker, name: str, frames: Sequence[Frame]) -> ReelTracks:
    """The frames, each a shot of its own, as rows of items, and what those truly show."""
    truth: dict[tuple[int, str], str | None] = {}
    seen = []
    for index, frame in enumerate(frames):
        garments, looked = look(tracker, index, frame.picture)
        for garment, detection in zip(garments, looked.detections, strict=True):
            truth[index, detection.mask.counts if detection.mask else ""] = frame.truth(garment)
        seen.append(looked)
    items = find_items(seen, tracker.settings, tracker.cutoffs)
    sightings = [(row, sighting) for row, item in enumerate(items) for sighting in item.sightings]
    rows: list[list[TrueSighting]] = [[] for _ in items]
    for row, sighting in sightings:
        garment_seen = truth[sighting.keyframe, sighting.mask.counts if sighting.mask else ""]
        if garment_seen is not None:
            rows[row].append((garment_seen, sighting.keyframe))
    return ReelTracks(name, count_tracks(rows), len(sightings) - sum(map(len, rows)))


def look(tracker: Tracker, index: int, picture: Image) -> tuple[list[Garment], SeenFrame]:
    """What is found in a frame that stands for a shot of its own, and the frame as the product sees it then."""
    garments = [g for g in detect(tracker.parser, picture) if g.score >= tracker.settings.min_detection_score]
    detections = describe(tracker.embedder, picture, garments)
    start_s = index * SHOT_S
    return garments, SeenFrame(index, start_s + SHOT_S / 2, start_s, start_s + SHOT_S, picture, detections)


def describe(embedder: Embedder, picture: Image, garments: Sequence[Garment]) -> tuple[Detection, ...]:
    """The garments as they go over the wire, each with its mask and vector."""
    vectors = embedder.embed_images([crop_masked(picture, garment.mask) for garment in garments])
    return tuple(as_detection(g, encode_vector(v)) for g, v in zip(garments, vectors, strict=True))


def part_of(prefix: str, reels: Iterable[ReelTracks]) -> Part:
    """The measures over all reels. `fragmentation_again` is of the garments that were seen twice or more, and is left
    out where they are fewer than LEAST_AGAIN; `fragmentation` is the product of what detection does (one garment found
    in pieces) and what linking does.
    """
    tracks = list(reels)
    names = [reel.name for reel in tracks]
    counts = [reel.counts for reel in tracks]

    def rates(above: str, below: str) -> Rates:
        return Rates.gather("reel", names, [getattr(c, above) for c in counts], [getattr(c, below) for c in counts])

    samples: dict[str, Samples] = {
        f"{prefix}.purity": rates("pure", "sightings"),
        f"{prefix}.fragmentation": rates("rows", "garments"),
        f"{prefix}.fragmentation_by_detection": rates("rows_forced", "garments"),
        f"{prefix}.fragmentation_by_linking": rates("rows", "rows_forced"),
    }
    if sum(count.garments_again for count in counts) >= LEAST_AGAIN:
        samples[f"{prefix}.fragmentation_again"] = rates("rows_again", "garments_again")
    listed: list[JsonValue] = [
        {"reel": reel.name, **asdict(reel.counts), "false_sightings": reel.false_sightings} for reel in tracks
    ]
    return Part(samples, {prefix: {"reels": listed, "false_sightings": sum(r.false_sightings for r in tracks)}})

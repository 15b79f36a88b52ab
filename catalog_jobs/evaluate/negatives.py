"""What the garment parser finds in pictures without people, where anything found is wrong."""

from dataclasses import dataclass
from pathlib import Path

from catalog_jobs.evaluate.data.class_folders import check_folder, list_pictures, read_or_refuse
from catalog_jobs.evaluate.detection import Parser, as_detection, detect
from catalog_jobs.evaluate.measures.rare import poisson_interval
from functions.tagging.looks import SeenFrame, looks_of
from infra.settings import TaggingSettings
from serve_app.contract import Box


@dataclass(frozen=True)
class FalseFind:
    """One garment where there is none. is_item: whether it is large enough to be shown to anyone."""

    picture: str
    label: str
    score: float
    box_xyxy: Box
    is_item: bool


@dataclass(frozen=True)
class Rate:
    """Finds a frame with the exact 95 % interval of a Poisson rate."""

    value: float
    low: float
    high: float
    count: int
    frames: int


@dataclass(frozen=True)
class FalseFinds:
    """detections_a_frame: what the server sends. items_a_frame: what is left of it after the rules on size."""

    min_score: float
    detections_a_frame: Rate
    items_a_frame: Rate
    pictures_with_items: int
    found: tuple[FalseFind, ...]


def find_on_negatives(model: Parser, folder: Path, min_score: float) -> FalseFinds:
    """All finds that are at least so sure, in every picture of the folder and of the folders in it."""
    check_folder(folder, "--negatives a folder of pictures without people")
    files = [
        *list_pictures(folder),
        *(path for sub in sorted(folder.rglob("*")) if sub.is_dir() for path in list_pictures(sub)),
    ]
    if not files:
        raise ValueError(f"{folder} holds no picture; put .jpg or .png files without people into it")
    found = [find for path in files for find in finds_in(model, path, str(path.relative_to(folder)), min_score)]
    items = [find for find in found if find.is_item]
    return FalseFinds(
        min_score=min_score,
        detections_a_frame=rate_of(len(found), len(files)),
        items_a_frame=rate_of(len(items), len(files)),
        pictures_with_items=len({find.picture for find in items}),
        found=tuple(found),
    )


def finds_in(model: Parser, path: Path, name: str, min_score: float) -> list[FalseFind]:
    """The finds in one picture."""
    picture = read_or_refuse(path)
    garments = [garment for garment in detect(model, picture) if garment.score >= min_score]
    settings = TaggingSettings(min_detection_score=min_score)
    return [
        FalseFind(
            name, garment.label, round(garment.score, 4), garment.box_xyxy, bool(looks_of(0, frame, picture, settings))
        )
        for garment in garments
        for frame in [SeenFrame(0, 0, 0, 1, picture, (as_detection(garment),))]
    ]


def rate_of(count: int, frames: int) -> Rate:
    """So many finds in so many frames."""
    low, high = poisson_interval(count, frames)
    return Rate(round(count / frames, 5), round(low, 5), round(high, 5), count, frames)

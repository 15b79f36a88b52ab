"""Detectors that can be measured: the parser of the package, and whatever a running model server finds things with."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from catalog_jobs.evaluate.detection import detect
from catalog_jobs.evaluate.embedders import cores
from catalog_jobs.evaluate.server import as_png
from functions.tagging.taxonomy import garment_type
from serve_app.client import ModelClient
from serve_app.contract import Detection, FramesOptions, decode_rle
from serve_app.errors import ModelServerError
from serve_app.models.garment_parser import GARMENT_PARSER, GarmentParserModel
from serve_app.models.pictures import Image

SPECS: Final = "embedded, embedded:FILE.onnx, server:URL"
FRAMES_A_REQUEST: Final = 4


@dataclass(frozen=True)
class Find:
    """One garment of a picture. type: of the taxonomy. mask: H×W of the picture."""

    type: str
    score: float
    mask: NDArray[np.bool_]


class Detector(Protocol):
    """What finds garments in pictures (RGB, H×W×3), with the mask of each."""

    name: str
    version: str

    def find(self, pictures: Sequence[Image]) -> list[list[Find]]:
        """The garments of each picture; what is no garment by the taxonomy is left out."""
        ...


class EmbeddedDetector:
    """The parser of the package, or one in a file."""

    name = GARMENT_PARSER.name

    def __init__(self, weights: Path | None, threads: int) -> None:
        self.parser = GarmentParserModel(weights, threads or cores())
        self.version = self.parser.version

    def find(self, pictures: Sequence[Image]) -> list[list[Find]]:
        return [
            [
                Find(kind, one.score, one.mask)
                for one in detect(self.parser, picture)
                if (kind := garment_type(one.label))
            ]
            for picture in pictures
        ]


class ServerDetector:
    """A running model server, whichever detector and segmenter its settings name. Pictures travel as PNG."""

    def __init__(self, url: str) -> None:
        self.client = ModelClient(url, timeout_s=600)
        rows = {row.role: row for row in self.client.models().models}
        named = [rows[role] for role in ("detector", "segmenter") if role in rows]
        if not named:
            raise ValueError(f"the model server {url} has no detector; start it with REELWEAR_DETECTOR set")
        self.name = "+".join(dict.fromkeys(row.name for row in named))
        self.version = "+".join(dict.fromkeys(row.version for row in named))

    def find(self, pictures: Sequence[Image]) -> list[list[Find]]:
        found: list[list[Find]] = []
        for at in range(0, len(pictures), FRAMES_A_REQUEST):
            files = [as_png(picture) for picture in pictures[at : at + FRAMES_A_REQUEST]]
            for frame in self.client.frames(files, FramesOptions(min_score=0, with_vectors=False)).frames:
                if frame.error is not None:
                    raise ModelServerError(frame.error.code, frame.error.message)
                found.append([find for one in frame.detections if (find := find_of(one))])
        return found


def find_of(detection: Detection) -> Find | None:
    """A detection as it came over the wire; None for what is no garment or has no mask."""
    kind = garment_type(detection.label)
    return Find(kind, detection.score, decode_rle(detection.mask)) if kind and detection.mask else None


def load_detector(spec: str, threads: int = 0) -> Detector:
    """The detector that a specification names; raises ValueError and ModelServerError for what cannot be had."""
    kind, _, where = spec.partition(":")
    if kind == "embedded":
        return EmbeddedDetector(Path(where) if where else None, threads)
    if kind == "server" and where:
        return ServerDetector(where)
    raise ValueError(f"--detector is {spec!r}; give one of: {SPECS}")

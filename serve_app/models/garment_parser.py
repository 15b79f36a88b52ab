"""The garment parser that ships with the package: one small network that tells garments and wearers apart by pixel."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from serve_app.models.certainty import Certainty, Sureness
from serve_app.models.pictures import Image, fit_size
from serve_app.models.rows import WEIGHTS_DIR, ModelRow
from serve_app.models.sessions import naming_damage, open_session
from serve_app.models.wearers import Floats

GARMENT_PARSER: Final = ModelRow(
    name="reelwear-garment-parser",
    roles=("detector", "segmenter"),
    licence="Apache-2.0",
    dimension=None,
    files=("garment_parser.onnx",),
    card="garment_parser.md",
)
JOB: Final = "catalog_jobs.parser.export"
# Mean IoU and milliseconds on the validation photos, two threads: 512 px 0.507 and 33, 576 px 0.519 and 39.
FRAME_LONG_SIDE_PX: Final = 576
SIDE_MULTIPLE_PX: Final = 32
# Frames of one forward pass: more gain nothing on a CPU and only hold memory.
MAX_BATCH: Final = 4


@dataclass(frozen=True)
class Parsing:
    """What the network says of one picture. logits: C×h×w. votes: 2×h×w. sureness: None of networks that tell none."""

    logits: Floats
    votes: Floats
    sureness: Sureness | None = None


class GarmentParserModel:
    """The parser in memory: `prepare` and `infer` are shared by serving and evaluation."""

    def __init__(self, path: Path | None = None, threads: int = 1) -> None:
        self.path = path or WEIGHTS_DIR / GARMENT_PARSER.files[0]
        self.session = open_session(self.path, threads, JOB)
        properties = self.session.get_modelmeta().custom_metadata_map
        with naming_damage(self.path, JOB, KeyError, ValueError, TypeError):
            self.version: str = properties["version"]
            self.groups: tuple[str, ...] = tuple(json.loads(properties["groups"]))
            fitted = properties.get("certainty")
            self.certainty = Certainty.from_json(fitted) if fitted else None
        self.outputs = [output.name for output in self.session.get_outputs()]

    def prepare(self, picture: Image, long_side_px: int = FRAME_LONG_SIDE_PX) -> Image:
        """An RGB picture scaled to a size that the network takes."""
        size_wh = fit_size(picture.shape[1], picture.shape[0], long_side_px, SIDE_MULTIPLE_PX)
        return np.asarray(cv2.resize(picture, size_wh, interpolation=cv2.INTER_AREA), np.uint8)

    def infer(self, prepared: Sequence[Image]) -> list[Parsing]:
        """Run the network; pictures of one size share a forward pass."""
        by_shape: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
        for index, picture in enumerate(prepared):
            by_shape[picture.shape].append(index)
        parsings: dict[int, Parsing] = {}
        for indices in by_shape.values():
            for at in range(0, len(indices), MAX_BATCH):
                batch = indices[at : at + MAX_BATCH]
                pixels = np.stack([prepared[index] for index in batch])
                outputs = dict(zip(self.outputs, self.session.run(None, {"pixels": pixels}), strict=True))
                for number, index in enumerate(batch):
                    parsings[index] = self.parsing(outputs, number)
        return [parsings[index] for index in range(len(prepared))]

    def parsing(self, outputs: Mapping[str, Floats], number: int) -> Parsing:
        """One picture of a batch."""
        presence = outputs.get("presence")
        sureness = None if presence is None else Sureness(presence[number], self.certainty)
        return Parsing(outputs["logits"][number], outputs["votes"][number], sureness)

"""The family that ships with the package: one small network on ONNX Runtime that detects, segments and embeds."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from serve_app.contract import ModelInfo
from serve_app.errors import ModelServerError
from serve_app.models.garments import Garment, find_garments
from serve_app.models.pictures import Image, fit_size, letterbox
from serve_app.models.rows import ROLES, WEIGHTS_DIR, ModelRow
from serve_app.models.wearers import Floats

GARMENT_PARSER: Final = ModelRow(
    name="reelwear-garment-parser",
    roles=ROLES,
    licence="Apache-2.0",
    dimension=472,
    files=("garment_parser.onnx",),
)
# Mean IoU on the validation photos halfway through training: 448 px 0.452, 512 px 0.455, 576 px 0.469, 640 px 0.470.
FRAME_LONG_SIDE_PX: Final = 576
CROP_SIDE_PX: Final = 160
SIDE_MULTIPLE_PX: Final = 32
# Frames of one forward pass: more gain nothing on a CPU and only hold memory.
MAX_BATCH: Final = 4


@dataclass(frozen=True)
class Parsing:
    """What the network says of one picture. logits: C×h×w. votes: 2×h×w. pooled: D, not of unit length."""

    logits: Floats
    votes: Floats
    pooled: Floats


class GarmentParserModel:
    """The parser in memory: `prepare` and `infer` are shared by detection, embedding and evaluation."""

    def __init__(self, path: Path | None = None, threads: int = 1) -> None:
        self.path = path or WEIGHTS_DIR / GARMENT_PARSER.files[0]
        if not self.path.is_file():
            raise ModelServerError(
                "bad_setting", f"the weights {self.path} are missing; run catalog_jobs.parser.export"
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Spinning threads would take the cores from the decoder between two batches.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(str(self.path), options, providers=["CPUExecutionProvider"])
        properties = self.session.get_modelmeta().custom_metadata_map
        self.version = properties["version"]
        self.groups: tuple[str, ...] = tuple(json.loads(properties["groups"]))

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
                outputs = self.session.run(["logits", "votes", "pooled"], {"pixels": pixels})
                parsings |= {index: Parsing(*parts) for index, *parts in zip(batch, *outputs, strict=True)}
        return [parsings[index] for index in range(len(prepared))]


class EmbeddedModels:
    """The family loaded: every role is filled by the one network."""

    def __init__(self, threads: int) -> None:
        self.parser = GarmentParserModel(threads=threads)

    def describe(self) -> tuple[ModelInfo, ...]:
        """One row for each role."""
        row = GARMENT_PARSER
        return tuple(
            ModelInfo(
                role=role,
                name=row.name,
                version=self.parser.version,
                licence=row.licence,
                device="cpu",
                dimension=row.dimension if role == "embedder" else None,
            )
            for role in row.roles
        )

    def find_garments(self, frames: Sequence[Image]) -> list[list[Garment]]:
        """The garments in each RGB frame."""
        parsings = self.parser.infer([self.parser.prepare(frame) for frame in frames])
        return [
            find_garments(parsing.logits, parsing.votes, self.parser.groups, (frame.shape[1], frame.shape[0]))
            for frame, parsing in zip(frames, parsings, strict=True)
        ]

    def embed_images(self, pictures: Sequence[Image]) -> NDArray[np.float32]:
        """Unit vectors (N×472) of RGB pictures, each looked at within a grey square."""
        dimension = GARMENT_PARSER.dimension or 0
        if not pictures:
            return np.zeros((0, dimension), np.float32)
        parsings = self.parser.infer([letterbox(picture, CROP_SIDE_PX) for picture in pictures])
        pooled = np.stack([parsing.pooled for parsing in parsings])
        return np.asarray(pooled / np.linalg.norm(pooled, axis=1, keepdims=True).clip(1e-12), np.float32)

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Not here: the network has no text tower."""
        raise ModelServerError(
            "no_text_embedder",
            f"the embedder {GARMENT_PARSER.name} has no text tower for {len(texts)} texts; "
            "set REELWEAR_EMBEDDER to a family that embeds texts",
        )

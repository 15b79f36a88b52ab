"""The family that ships with the package: the garment parser and the image–text embedder, on ONNX Runtime."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from serve_app.contract import Attribute, ModelInfo
from serve_app.models.garment_parser import FRAME_LONG_SIDE_PX, GARMENT_PARSER, GarmentParserModel
from serve_app.models.garments import Garment, find_garments
from serve_app.models.image_text import IMAGE_TEXT, ImageTextModel
from serve_app.models.pictures import Image, crop_masked
from serve_app.models.rows import WEIGHTS_DIR

# The first and the third are also known from here.
__all__ = ["FRAME_LONG_SIDE_PX", "EmbeddedModels", "GarmentParserModel"]


def parser_infos(parser: GarmentParserModel) -> tuple[ModelInfo, ...]:
    """The rows of the parser, one for each of its roles."""
    row = GARMENT_PARSER
    return tuple(
        ModelInfo(role=role, name=row.name, version=parser.version, licence=row.licence, device="cpu")
        for role in row.roles
    )


def embedder_info_of(embedder: ImageTextModel) -> ModelInfo:
    """The row of the embedder."""
    return ModelInfo(
        role="embedder",
        name=IMAGE_TEXT.name,
        version=embedder.version,
        licence=IMAGE_TEXT.licence,
        device="cpu",
        dimension=embedder.dimension,
        cutoffs=embedder.calibration.cutoffs,
        words=embedder.calibration.words,
    )


class ParserOnFrames:
    """What every family does that finds garments with the parser of the package."""

    def __init__(self, parser: GarmentParserModel) -> None:
        self.parser = parser

    def take(self, picture: Image) -> Image:
        """The picture itself."""
        return picture

    def find_garments(
        self,
        frames: Sequence[Image],
        prompt: Sequence[str] | None = None,  # noqa: ARG002  its vocabulary is fixed
    ) -> list[list[Garment]]:
        """The garments in each RGB frame."""
        parsings = self.parser.infer([self.parser.prepare(frame) for frame in frames])
        return [
            find_garments(
                parsing.logits,
                parsing.votes,
                self.parser.groups,
                (frame.shape[1], frame.shape[0]),
                sureness=parsing.sureness,
            )
            for frame, parsing in zip(frames, parsings, strict=True)
        ]

    def crop(self, frame: Image, garment: Garment) -> Image:
        """A garment alone, on grey."""
        return crop_masked(frame, garment.mask)


class EmbeddedModels(ParserOnFrames):
    """The family loaded: the parser detects and segments, the image–text model embeds."""

    def __init__(self, threads: int, folder: Path = WEIGHTS_DIR) -> None:
        super().__init__(GarmentParserModel(folder / GARMENT_PARSER.files[0], threads))
        self.embedder = ImageTextModel(folder, threads)

    def describe(self) -> tuple[ModelInfo, ...]:
        """One row for each role."""
        return (*parser_infos(self.parser), embedder_info_of(self.embedder))

    def embed_images(self, pictures: Sequence[Image]) -> NDArray[np.float32]:
        """Unit vectors (N×D) of RGB pictures."""
        return self.embedder.embed_images(pictures)

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors (N×D) of texts in the space of the pictures."""
        return self.embedder.embed_texts(texts)

    def read_attributes(self, label: str, vector: NDArray[np.float32]) -> tuple[Attribute, ...]:
        """What a garment is like, as far as its vector says it surely."""
        return self.embedder.read_attributes(label, vector)

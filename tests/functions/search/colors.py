"""A model server whose vectors are colours: words and pictures of one colour lie together, by the real contract."""

from dataclasses import dataclass, field

import cv2
import numpy as np
from fastapi import FastAPI, UploadFile
from numpy.typing import NDArray

from serve_app.contract import (
    Cutoffs,
    FrameError,
    ModelInfo,
    ModelsAnswer,
    TextsRequest,
    VectorsAnswer,
    WordFit,
    encode_vector,
)

RGB = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1), "purple": (1, 0, 1), "orange": (1, 0.5, 0)}
# A cosine of 0.8 is even chances, 0.9 is 98 in 100.
FIT = WordFit(scale=40, bias=-32)
CUTOFFS = {
    "default": Cutoffs(exact=0.95, similar=0.7, same=0.97, unrelated=0.5),
    "shoes": Cutoffs(exact=0.999, similar=0.99, same=0.97, unrelated=0.5),
}


@dataclass
class ColorServer:
    """The models that run now; a test may change them."""

    version: str = "1"
    words: WordFit | None = FIT
    cutoffs: dict[str, Cutoffs] = field(default_factory=lambda: CUTOFFS)

    @property
    def embedder(self) -> str:
        return f"colors@{self.version}"

    def app(self) -> FastAPI:
        """What answers."""
        app = FastAPI()

        @app.get("/v1/models")
        def models() -> ModelsAnswer:
            row = ModelInfo(
                role="embedder",
                name="colors",
                version=self.version,
                licence="Apache-2.0",
                device="cpu",
                dimension=3,
                cutoffs=self.cutoffs,
                words=self.words,
            )
            return ModelsAnswer(models=(row,))

        @app.post("/v1/embed/texts")
        def texts(request: TextsRequest) -> VectorsAnswer:
            return self.answer([color_of(text) for text in request.texts])

        @app.post("/v1/embed/images")
        async def images(images: list[UploadFile]) -> VectorsAnswer:
            return self.answer([seen(await image.read()) for image in images])

        return app

    def answer(self, vectors: list[NDArray[np.float32] | None]) -> VectorsAnswer:
        error = FrameError(code="bad_image", message="picture 0 is neither a JPEG nor a PNG; send one of these")
        return VectorsAnswer(
            model=self.embedder,
            dimension=3,
            vectors=tuple(None if vector is None else encode_vector(vector) for vector in vectors),
            errors=tuple(error if vector is None else None for vector in vectors),
        )


def color_of(text: str) -> NDArray[np.float32]:
    """The direction of the first colour in a text; white of one that names none."""
    named = np.array(next((RGB[word] for word in text.split() if word in RGB), (1, 1, 1)), np.float32)
    return np.asarray(named / np.linalg.norm(named), np.float32)


def picture_of(color: str) -> bytes:
    """A PNG of one colour."""
    bgr = np.uint8(255 * np.array(RGB[color])[::-1])
    return bytes(cv2.imencode(".png", np.full((16, 16, 3), bgr, np.uint8))[1])


def seen(data: bytes) -> NDArray[np.float32] | None:
    """The direction of a picture's mean colour; None where it is no picture."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        return None
    mean = np.asarray(pixels.reshape(-1, 3).mean(axis=0)[::-1], np.float32)
    return np.asarray(mean / np.linalg.norm(mean), np.float32)

"""What crosses the wire between a caller and the model server; pydantic and numpy alone."""

import base64
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

Vector = NDArray[np.float32]
Mask = NDArray[np.bool_]
Box = tuple[float, float, float, float]
Share = Annotated[float, Field(ge=0, le=1)]
Phrase = Annotated[str, Field(min_length=1, max_length=64)]
# The key of cut-offs that stand for every garment type without its own.
DEFAULT_TYPE = "default"


class Wire(BaseModel):
    """Frozen, and strict about what it is sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Rle(Wire):
    """A binary mask as COCO's compressed run lengths; `size` is (height, width), runs go down the columns."""

    size: tuple[int, int]
    counts: str


class Attribute(Wire):
    """What a garment is like in one respect. confidence: the chance that it is so, calibrated."""

    name: Literal["pattern", "sleeve", "length"]
    value: str
    confidence: Share


class Detection(Wire):
    """One garment of one wearer in one frame.

    box: x0, y0, x1, y1 in pixels of the frame. label: a garment type of the taxonomy. wearer: number of
    the person within the frame, None where the models cannot tell. mask and vector: None where not asked for.
    attributes: those that the models are sure of, at most one of each name.
    """

    box: Box
    label: str
    score: Share
    mask: Rle | None = None
    vector: str | None = None
    wearer: int | None = None
    attributes: tuple[Attribute, ...] = ()


class FrameError(Wire):
    """Why one frame of a request has no result; the others are unharmed."""

    code: str
    message: str


class FrameResult(Wire):
    """What the models say of one frame of a request, by its position there."""

    index: int
    width: int = 0
    height: int = 0
    detections: tuple[Detection, ...] = ()
    vector: str | None = None
    error: FrameError | None = None


class FramesOptions(Wire):
    """The JSON part `options` of `POST /v1/frames`; the JPEG parts are all named `frames`.

    prompt: words to look for instead of those of the settings; heeded by detectors with an open vocabulary alone.
    """

    min_score: Share = 0.0
    with_masks: bool = True
    with_vectors: bool = True
    prompt: Annotated[tuple[Phrase, ...], Field(min_length=1, max_length=64)] | None = None


class FramesAnswer(Wire):
    """The answer of `POST /v1/frames`: as many results as frames, in their order, and the models that made them."""

    frames: tuple[FrameResult, ...]
    models: dict[str, str]


class Person(Wire):
    """One person of one picture. box: of the mask, x0, y0, x1, y1 in pixels of the picture.

    picture: the person alone on white, as base64 of a JPEG: the box and 20 pixels around it where the picture reaches
    that far. White is 255 but for what the JPEG adds beside the outline; `mask` tells exactly.
    """

    box: Box
    mask: Rle
    picture: str


class PeopleResult(Wire):
    """The people in one picture of a request, by its position there; the largest first, no pixel in two masks."""

    index: int
    width: int = 0
    height: int = 0
    people: tuple[Person, ...] = ()
    error: FrameError | None = None


class PeopleAnswer(Wire):
    """The answer of `POST /v1/people`, whose JPEG or PNG parts are all named `frames`: as many results as pictures, in
    their order, and the model that made them.
    """

    frames: tuple[PeopleResult, ...]
    models: dict[str, str]


class VectorsAnswer(Wire):
    """The answer of `POST /v1/embed/images` and `/v1/embed/texts`; None where one input was bad, with its error."""

    model: str
    dimension: int
    vectors: tuple[str | None, ...]
    errors: tuple[FrameError | None, ...]


class TextsRequest(Wire):
    """The body of `POST /v1/embed/texts`."""

    texts: Annotated[tuple[str, ...], Field(min_length=1, max_length=256)]


class Cutoffs(Wire):
    """What a cosine of two garments' vectors means, fitted on labelled pairs of that embedder.

    exact: from here on 95 of 100 pairs are one garment. similar: from here on 80 of 100 are of one type and colour.
    same: half of the pairs of one garment in two shots are above. unrelated: half of the pairs of different garments
    of one type are below.
    """

    exact: float
    similar: float
    same: float
    unrelated: float


class WordFit(Wire):
    """How sure a cosine of words and a picture is.

    The chance that they fit is 1 / (1 + exp(-(scale·cosine + bias))).
    """

    scale: float
    bias: float


class ModelInfo(Wire):
    """One row of `GET /v1/models`. A version changes whenever the same input may give another output.

    cutoffs: of an embedder, by garment type; "default" stands for every type without an entry of its own, and is
    always there where any is. words: of an embedder with a text tower.
    """

    role: Literal["detector", "segmenter", "embedder", "people"]
    name: str
    version: str
    licence: str
    device: str
    dimension: int | None = None
    cutoffs: dict[str, Cutoffs] = Field(default_factory=dict)
    words: WordFit | None = None


class ModelsAnswer(Wire):
    """The answer of `GET /v1/models`."""

    models: tuple[ModelInfo, ...]


def encode_vector(vector: Vector) -> str:
    """A unit vector (D floats) as base64 of little-endian float16."""
    return base64.b64encode(np.ascontiguousarray(vector, "<f2").tobytes()).decode("ascii")


def decode_vector(text: str) -> Vector:
    """The unit vector of `encode_vector`, made unit again after float16's rounding."""
    vector = np.frombuffer(base64.b64decode(text, validate=True), "<f2").astype(np.float32)
    return vector / max(float(np.linalg.norm(vector)), 1e-12)


def encode_rle(mask: Mask) -> Rle:
    """COCO's compressed run lengths of a mask (H×W); format after cocoapi's maskApi.c, rleToString."""
    flat = np.concatenate([[False], mask.ravel(order="F")])
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    counts = np.diff(np.concatenate([[0], changes, [mask.size]]))
    text = bytearray()
    for index, count in enumerate(counts.tolist()):
        value = count - int(counts[index - 2]) if index > 2 else count
        more = True
        while more:
            bits = value & 0x1F
            value >>= 5
            more = value != -1 if bits & 0x10 else value != 0
            text.append((bits | 0x20 if more else bits) + 48)
    return Rle(size=(mask.shape[0], mask.shape[1]), counts=text.decode("ascii"))


def decode_rle(rle: Rle) -> Mask:
    """The mask (H×W) of COCO's compressed run lengths; raises ValueError if they do not fill its size."""
    counts: list[int] = []
    value, shift = 0, 0
    for character in rle.counts.encode("ascii"):
        byte = character - 48
        value |= (byte & 0x1F) << shift
        shift += 5
        if not byte & 0x20:
            if byte & 0x10:
                value |= -1 << shift
            counts.append(value + counts[-2] if len(counts) > 2 else value)
            value, shift = 0, 0
    height, width = rle.size
    if sum(counts) != height * width or min(counts, default=0) < 0:
        raise ValueError(f"run lengths cover {sum(counts)} pixels; size {rle.size} has {height * width}")
    values = np.arange(len(counts)) % 2 == 1
    return np.repeat(values, counts).reshape((height, width), order="F")

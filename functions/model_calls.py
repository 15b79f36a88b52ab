"""Calls of the model server from functions; its faults get their name here."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache

from infra.errors import ErrorCode, ReelwearError
from serve_app.client import ModelClient
from serve_app.contract import Cutoffs, FrameError, FramesAnswer, FramesOptions, ModelInfo, Vector, decode_vector
from serve_app.errors import ModelServerError

# What the model server says of a picture or of itself that callers are told by its own name.
PASSED_ON = {
    code.code: code
    for code in (ErrorCode.BAD_IMAGE, ErrorCode.TOO_MANY_PIXELS, ErrorCode.TOO_LARGE, ErrorCode.NO_TEXT_EMBEDDER)
}


def read_frames(models: ModelClient, jpegs: Sequence[bytes], min_score: float) -> FramesAnswer:
    """What the models see in pictures, one result each, in their order, and which models they are.

    Raises MODEL_SERVER_DOWN (worth a retry), or MODEL_REFUSED where asking again would not help.
    """
    try:
        answer = models.frames(jpegs, FramesOptions(min_score=min_score))
    except ModelServerError as fault:
        code = ErrorCode.MODEL_SERVER_DOWN if fault.is_retryable else ErrorCode.MODEL_REFUSED
        raise ReelwearError(code, f"the model server did not answer for {len(jpegs)} frames: {fault}") from fault
    broken = [frame for frame in answer.frames if frame.error is not None]
    if broken and broken[0].error is not None and len(broken) == len(jpegs):
        raise ReelwearError(ErrorCode.MODEL_REFUSED, f"no frame could be read: {broken[0].error.message}")
    return answer


def embedder_of(models: ModelClient) -> ModelInfo:
    """The embedder that the model server runs now. Raises as `embed_text` does."""
    with _named():
        rows = models.models().models
    return next(row for row in rows if row.role == "embedder")


@lru_cache(maxsize=8)
def cutoffs_of(models: ModelClient, embedder: str) -> Mapping[str, Cutoffs]:
    """What cosines of an embedder (name@version) mean, by garment type; asked for once a version.

    Raises as `embed_text` does, and MODEL_SERVER_DOWN where another embedder runs by now: the vectors that are to be
    compared are gone with it, and the next attempt has new ones.
    """
    row = embedder_of(models)
    if f"{row.name}@{row.version}" != embedder:
        message = f"the frames were embedded by {embedder}, but {row.name}@{row.version} runs now; try again"
        raise ReelwearError(ErrorCode.MODEL_SERVER_DOWN, message)
    return row.cutoffs


def embed_text(models: ModelClient, text: str) -> Vector:
    """The unit vector of words. Raises MODEL_SERVER_DOWN, NO_TEXT_EMBEDDER or MODEL_REFUSED."""
    return embed_texts(models, [text])[0]


def embed_texts(models: ModelClient, texts: Sequence[str]) -> list[Vector]:
    """The unit vectors of some texts, in their order. Raises as `embed_text` does."""
    with _named():
        answer = models.embed_texts(texts)
    return [_vector_of(vector, error) for vector, error in zip(answer.vectors, answer.errors, strict=True)]


def embed_picture(models: ModelClient, picture: bytes) -> Vector:
    """The unit vector of a JPEG or PNG. Raises MODEL_SERVER_DOWN or MODEL_REFUSED, and for the picture BAD_IMAGE,
    TOO_MANY_PIXELS or TOO_LARGE.
    """
    with _named():
        answer = models.embed_images([picture])
    return _vector_of(answer.vectors[0], answer.errors[0])


def _vector_of(vector: str | None, error: FrameError | None) -> Vector:
    if vector is not None:
        return decode_vector(vector)
    if error is None:
        raise ReelwearError(ErrorCode.MODEL_REFUSED, "the model server gave neither a vector nor a reason")
    raise ReelwearError(PASSED_ON.get(error.code, ErrorCode.MODEL_REFUSED), error.message)


@contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except ModelServerError as fault:
        if fault.is_retryable:
            message = f"the model server does not answer ({fault}); `reelwear status` says how it is, then try again"
            raise ReelwearError(ErrorCode.MODEL_SERVER_DOWN, message) from fault
        raise ReelwearError(PASSED_ON.get(fault.code, ErrorCode.MODEL_REFUSED), fault.message) from fault

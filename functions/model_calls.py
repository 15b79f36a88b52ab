"""Calls of the model server from functions; its faults get their name here."""

from collections.abc import Sequence

from infra.errors import ErrorCode, ReelwearError
from serve_app.client import ModelClient
from serve_app.contract import FramesAnswer, FramesOptions
from serve_app.errors import ModelServerError


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

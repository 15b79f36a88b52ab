"""What the HTTP API answers with, beside the result document."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from functions.document import DocumentError, DocumentPart
from serve_app.contract import Rle

UploadState = Literal["waiting", "processing", "ready", "partial", "failed", "removed"]
StageState = Literal["waiting", "running", "done", "failed"]


class StageStatus(DocumentPart):
    """How far one stage of a video is."""

    name: str
    """split, tag, vibe or publish."""
    state: StageState
    attempt: int = 0
    """How often it was started."""
    seconds: float | None = None
    """Time it took, or has taken until now; null before it starts."""


class UploadStatus(DocumentPart):
    """How far one upload is: a key of the bucket with the etag of its bytes."""

    key: str
    etag: str
    state: UploadState
    """waiting: noticed, its bytes not read yet. removed: gone from the bucket, or replaced by other bytes."""
    video_id: str | None = None
    """Known once the bytes were read."""
    error: DocumentError | None = None
    stages: tuple[StageStatus, ...] = ()


class ItemMask(DocumentPart):
    """The pixels of one garment in one keyframe."""

    item_id: str
    rle: Rle
    """COCO's compressed run lengths; size is (height, width) of the keyframe."""


class Masks(DocumentPart):
    """The masks of a video, by the index of the keyframe."""

    keyframes: dict[int, tuple[ItemMask, ...]] = Field(default_factory=dict)


class DeadLetterEntry(DocumentPart):
    """A message that was tried to the limit, and why it was given up."""

    id: str
    queue: str
    topic: str
    body: str
    reason: str
    attempts: int
    buried: datetime


class DeadLetterList(DocumentPart):
    """All messages given up, oldest first."""

    dead_letters: tuple[DeadLetterEntry, ...]


class Health(DocumentPart):
    """Whether the host process can work, and what each thing it stands on says."""

    ok: bool
    parts: dict[str, str] = Field(default_factory=dict)
    """Name of the part to "ok", or to what is wrong with it."""


class ErrorBody(DocumentPart):
    """A stable code, and a message that says what, which value, which limit and what to do."""

    code: str
    message: str


class ErrorAnswer(DocumentPart):
    """How every error is answered."""

    error: ErrorBody

"""The events that functions exchange: S3's own notifications in, small JSON bodies between functions."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote_plus, unquote_plus

from infra.errors import ErrorCode, ReelwearError

OBJECT_CREATED = "object.created"
OBJECT_REMOVED = "object.removed"
CAPTION_CHANGED = "caption.changed"
VIDEO_SPLIT = "video.split"
STAGE_ENDED = "stage.ended"
VIDEO_PUBLISHED = "video.published"

CAPTION_SUFFIXES = (".txt", ".json.xz")


@dataclass(frozen=True)
class ObjectEvent:
    """Something happened to an object of the bucket; `etag` is empty for a removal."""

    kind: Literal["created", "removed"]
    bucket: str
    key: str
    etag: str = ""
    size_bytes: int = 0

    @property
    def topic(self) -> str:
        """Where this event belongs: captions have a function of their own."""
        if self.key.lower().endswith(CAPTION_SUFFIXES):
            return CAPTION_CHANGED
        return OBJECT_CREATED if self.kind == "created" else OBJECT_REMOVED

    def body(self) -> str:
        """The event as S3 would notify of it, the key percent- and plus-encoded as there."""
        name = "ObjectCreated:Put" if self.kind == "created" else "ObjectRemoved:Delete"
        thing = {"key": quote_plus(self.key, safe="/"), "size": self.size_bytes, "eTag": self.etag}
        record = {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "eventName": name,
            "s3": {"bucket": {"name": self.bucket}, "object": thing},
        }
        return json.dumps({"Records": [record]})


def object_events(body: str) -> Iterator[ObjectEvent]:
    """The events of one S3 notification; none for the `s3:TestEvent` that a new subscription starts with."""
    document = load(body)
    if document.get("Event") == "s3:TestEvent":
        return
    for record in document.get("Records", []):
        try:
            name, stored = str(record["eventName"]), record["s3"]
            key = unquote_plus(str(stored["object"]["key"]))
            etag = str(stored["object"].get("eTag", "")).strip('"')
            size, bucket = int(stored["object"].get("size", 0)), str(stored["bucket"]["name"])
        except (KeyError, TypeError, ValueError) as fault:
            raise ReelwearError(
                ErrorCode.BAD_REQUEST, f"an S3 event without {fault}; nothing can be done for it"
            ) from fault
        kind: Literal["created", "removed"] = "created" if "ObjectCreated" in name else "removed"
        yield ObjectEvent(kind, bucket, key, etag, size)


@dataclass(frozen=True)
class RunEvent:
    """A run has come to a point where another function takes over."""

    run_id: str
    video_id: str
    stage: str = ""

    def body(self) -> str:
        """As JSON."""
        return json.dumps({"run_id": self.run_id, "video_id": self.video_id, "stage": self.stage})


def run_event(body: str) -> RunEvent:
    """The event of a body; raises BAD_REQUEST if it is none."""
    document = load(body)
    try:
        return RunEvent(str(document["run_id"]), str(document["video_id"]), str(document.get("stage", "")))
    except KeyError as fault:
        raise ReelwearError(
            ErrorCode.BAD_REQUEST, f"a run event without {fault}; nothing can be done for it"
        ) from fault


def load(body: str) -> dict[str, Any]:
    """A body's JSON object; raises BAD_REQUEST if it is none."""
    try:
        document = json.loads(body)
    except json.JSONDecodeError as fault:
        raise ReelwearError(ErrorCode.BAD_REQUEST, f"an event body that is not JSON: {fault}") from fault
    if not isinstance(document, dict):
        raise ReelwearError(
            ErrorCode.BAD_REQUEST, "an event body that is not a JSON object; nothing can be done for it"
        )
    return document

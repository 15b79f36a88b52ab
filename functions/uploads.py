"""What is known of the bucket's keys: noticed, bound to a video, superseded, removed."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from functions.events import CAPTION_CHANGED, CAPTION_SUFFIXES, OBJECT_REMOVED, ObjectEvent
from infra.records.outbox import emit
from infra.records.store import Records
from infra.records.tables import Upload

CURRENT = ("new", "bound", "caption")
GONE = ("superseded", "removed")


@dataclass(frozen=True)
class Version:
    """One version of one key, as the bucket says it is now."""

    bucket: str
    key: str
    etag: str
    size_bytes: int
    content_type: str = ""

    @property
    def is_caption(self) -> bool:
        """Whether this is a text that belongs to a video rather than a video."""
        return self.key.lower().endswith(CAPTION_SUFFIXES)


def notice(records: Records, version: Version) -> bool:
    """Write down a version and, if it is news, let its event leave in the same transaction.

    Older versions of the key are superseded, and what they led to is taken away by `remove_video`.
    Returns whether it was news.
    """
    with records.transaction() as session:
        row = find(session, version.bucket, version.key, version.etag)
        if row is not None and row.state in CURRENT:
            return False
        superseded = supersede_others(session, records, version)
        row = enter(session, records, version)
        event = ObjectEvent("created", version.bucket, version.key, version.etag, version.size_bytes)
        emit(session, records, event.topic, event.body())
        if superseded:
            emit(session, records, OBJECT_REMOVED, ObjectEvent("removed", version.bucket, version.key).body())
    return True


def notice_removal(records: Records, bucket: str, key: str) -> bool:
    """Write down that a key is gone, and let the event of it leave. Returns whether it was news."""
    with records.transaction() as session:
        rows = current_rows(session, bucket, key)
        for row in rows:
            row.state, row.updated_at = "removed", records.now()
        if rows:
            event = ObjectEvent("removed", bucket, key)
            emit(session, records, CAPTION_CHANGED if event.topic == CAPTION_CHANGED else OBJECT_REMOVED, event.body())
        return bool(rows)


def enter(session: Session, records: Records, version: Version) -> Upload:
    """The row of a version, made or brought back as new."""
    row = find(session, version.bucket, version.key, version.etag)
    if row is None:
        row = Upload(bucket=version.bucket, key=version.key, etag=version.etag, seen_at=records.now())
        session.add(row)
    if row.state not in CURRENT:
        row.state, row.video_id = "caption" if version.is_caption else "new", None
    row.size_bytes, row.content_type = version.size_bytes, version.content_type or row.content_type or ""
    row.updated_at = records.now()
    return row


def supersede_others(session: Session, records: Records, version: Version) -> int:
    """Mark every other current version of the key as superseded; returns how many there were."""
    others = [row for row in current_rows(session, version.bucket, version.key) if row.etag != version.etag]
    for row in others:
        row.state, row.updated_at = "superseded", records.now()
    return len(others)


def find(session: Session, bucket: str, key: str, etag: str) -> Upload | None:
    """The row of one version of one key."""
    return session.scalar(select(Upload).where(Upload.bucket == bucket, Upload.key == key, Upload.etag == etag))


def current_rows(session: Session, bucket: str, key: str) -> list[Upload]:
    """The rows of a key that still stand; one, but for the instant in which bytes are replaced."""
    found = select(Upload).where(Upload.bucket == bucket, Upload.key == key, Upload.state.in_(CURRENT))
    return list(session.scalars(found))


def uploads_of(session: Session, video_id: str) -> list[Upload]:
    """The uploads that hold a video's bytes now, the earliest first."""
    found = select(Upload).where(Upload.video_id == video_id, Upload.state == "bound")
    return list(session.scalars(found.order_by(Upload.seen_at, Upload.id)))

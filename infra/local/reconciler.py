"""Holds the bucket against the records. Events are hints that may be lost; this is what makes them true."""

import json
from datetime import timedelta

import structlog
from sqlalchemy import select

from functions import uploads
from functions.events import OBJECT_CREATED, VIDEO_SPLIT, ObjectEvent, RunEvent
from functions.keys import DERIVED_FOLDERS, RESULTS_PREFIX, UPLOADS_PREFIX
from functions.remove_video import purge
from functions.runs import stages_of
from functions.services import Services
from functions.uploads import Version
from infra.bucket import ObjectInfo
from infra.records.outbox import emit
from infra.records.tables import Run, Upload, Video

STALL_AFTER_S = 300.0
ORPHAN_AFTER_S = 900.0

log = structlog.get_logger()


def reconcile(services: Services) -> int:
    """Notice every upload and removal that no event told of; returns how many there were."""
    # The records are read first: what they know and the later listing lacks has left the bucket.
    known = known_versions(services)
    listed = {info.key: info for info in services.bucket.list(UPLOADS_PREFIX) if not info.key.endswith("/")}
    news = sum(
        uploads.notice(services.records, version_of(services, info))
        for key, info in listed.items()
        if known.get(key) != info.etag
    )
    for key in known.keys() - listed.keys():
        news += notice_if_gone(services, key)
    return news


def known_versions(services: Services) -> dict[str, str]:
    """Key to etag of every upload that stands."""
    current = select(Upload.key, Upload.etag).where(
        Upload.bucket == services.bucket.name, Upload.state.in_(uploads.CURRENT)
    )
    with services.records.transaction() as session:
        return {row.key: row.etag for row in session.execute(current)}


def version_of(services: Services, info: ObjectInfo) -> Version:
    """A listed object as a version."""
    return Version(services.bucket.name, info.key, info.etag, info.size_bytes)


def notice_if_gone(services: Services, key: str) -> bool:
    """Notice a removal, after one more look: a listing may lag behind."""
    return services.bucket.head(key) is None and uploads.notice_removal(services.records, services.bucket.name, key)


def take_hint(services: Services, body: bytes) -> bool:
    """Look at the key that the object store's hook names; False where the hint names none that can be read."""
    key = hinted_key(body, services.bucket.name)
    if key is None:
        return False
    head = services.bucket.head(key)
    if head is None:
        uploads.notice_removal(services.records, services.bucket.name, key)
    else:
        version = Version(services.bucket.name, key, head.etag, head.size_bytes, head.content_type)
        uploads.notice(services.records, version)
    return True


def hinted_key(body: bytes, bucket: str) -> str | None:
    """The upload's key in a hook's body: SeaweedFS names the path of the entry, below `/buckets/<bucket>/`."""
    try:
        path = json.loads(body)["key"]
    except (ValueError, KeyError, TypeError):
        return None
    start = f"/buckets/{bucket}/"
    if not isinstance(path, str) or not path.startswith(start + UPLOADS_PREFIX):
        return None
    return path.removeprefix(start)


def revive(services: Services) -> int:
    """Send work on its way again that has not moved for long although nothing waits in a queue:
    its event was lost with a damaged stream. Returns how many there were.
    """
    before = services.records.now() - timedelta(seconds=STALL_AFTER_S)
    records = services.records
    with records.transaction() as session:
        stuck = list(session.scalars(select(Upload).where(Upload.state == "new", Upload.updated_at < before)))
        for row in stuck:
            row.updated_at = records.now()
            emit(session, records, OBJECT_CREATED, ObjectEvent("created", row.bucket, row.key, row.etag).body())
        stalled = list(session.scalars(select(Run).where(Run.state == "processing", Run.updated_at < before)))
        for run in stalled:
            run.updated_at = records.now()
            if stages_of(session, run.run_id)["split"].state == "done":
                emit(session, records, VIDEO_SPLIT, RunEvent(run.run_id, run.video_id, "split").body())
                continue
            for row in uploads.uploads_of(session, run.video_id)[:1]:
                emit(session, records, OBJECT_CREATED, ObjectEvent("created", row.bucket, row.key, row.etag).body())
    return len(stuck) + len(stalled)


def sweep(services: Services) -> int:
    """Delete derived objects whose video is not known any more, left by a process that was killed; returns how many
    videos they were of.
    """
    before = services.records.now() - timedelta(seconds=ORPHAN_AFTER_S)
    found: set[str] = set()
    for prefix in (*DERIVED_FOLDERS, RESULTS_PREFIX):
        for info in services.bucket.list(prefix):
            if info.modified < before:
                found.add(info.key.removeprefix(prefix)[:16])
    with services.records.transaction() as session:
        known = set(session.scalars(select(Video.video_id)))
    for video_id in found - known:
        log.info("sweeping what a removed video left", video_id=video_id)
        purge(services, video_id)
    return len(found - known)

"""`reelwear drop`: files in, results out."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from functions.api.answers import UploadStatus
from functions.cli.client import HostClient
from functions.cli.progress import Watcher, byte_counter, watch
from functions.cli.uploads import Upload, plan_uploads, send
from functions.document import DocumentError, ResultDocument
from infra.bucket import Bucket
from infra.errors import ErrorCode, ReelwearError
from infra.settings import Settings

POLL_EVERY_S = 0.2
PATIENCE_S = 60.0
_OPEN = frozenset({"waiting", "processing"})


@dataclass(frozen=True)
class Dropped:
    """What became of one file; `document` is None while it is not waited for, or where its bytes were never read."""

    name: str
    key: str
    etag: str
    state: str
    document: ResultDocument | None = None
    error: DocumentError | None = None

    @property
    def is_failed(self) -> bool:
        """Whether no result came, or will come, of it."""
        return self.state in ("failed", "removed")


def drop_files(
    settings: Settings,
    paths: Sequence[Path],
    *,
    caption: str | None = None,
    key: str | None = None,
    is_waiting: bool = True,
    is_forced: bool = False,
    is_json: bool = False,
) -> tuple[Dropped, ...]:
    """Upload files straight to the bucket and, if asked, wait until each has its result.

    Raises what `plan_uploads` refuses, NOT_RUNNING where the stack is down, and STORE_DOWN.
    """
    uploads = plan_uploads(paths, key, settings.video, is_forced)
    with HostClient.from_settings(settings) as client, watch(Console(stderr=True), is_json) as watcher:
        client.health()
        bucket = Bucket(settings.bucket)
        etags = {upload: _send(bucket, upload, caption, watcher) for upload in uploads}
        if not is_waiting:
            return tuple(Dropped(upload.name, upload.key, etag, "waiting") for upload, etag in etags.items())
        statuses = wait(client, etags, watcher)
        return tuple(_dropped(client, upload, status) for upload, status in statuses.items())


def wait(client: HostClient, etags: Mapping[Upload, str], watcher: Watcher) -> dict[Upload, UploadStatus]:
    """Ask until every upload has come to its end. A host that restarts meanwhile is waited for; raises NOT_RUNNING
    where it stays away for PATIENCE_S.
    """
    settled: dict[Upload, UploadStatus] = {}
    last_answer = time.monotonic()
    while len(settled) < len(etags):
        for upload, etag in etags.items():
            if upload in settled:
                continue
            try:
                status = client.upload(upload.key, etag)
            except ReelwearError as error:
                if error.code is not ErrorCode.NOT_RUNNING or time.monotonic() - last_answer > PATIENCE_S:
                    raise
                continue
            last_answer = time.monotonic()
            if status is None:
                continue
            watcher.moved(upload.name, status)
            if status.state not in _OPEN:
                settled[upload] = status
        time.sleep(POLL_EVERY_S if len(settled) < len(etags) else 0)
    return {upload: settled[upload] for upload in etags}


def _send(bucket: Bucket, upload: Upload, caption: str | None, watcher: Watcher) -> str:
    count = byte_counter(upload.name, upload.size_bytes, watcher)
    count(0)
    return send(bucket, upload, caption, count)


def _dropped(client: HostClient, upload: Upload, status: UploadStatus) -> Dropped:
    if status.state == "removed":
        message = f"{upload.key} was removed from the bucket, or replaced by other bytes, before its result was there"
        gone = DocumentError(stage="upload", code=ErrorCode.OBJECT_GONE.code, message=message)
        return Dropped(upload.name, upload.key, status.etag, status.state, error=gone)
    document = client.video(status.video_id) if status.video_id else None
    error = status.error or (document.error if document else None)
    return Dropped(upload.name, upload.key, status.etag, status.state, document, error)

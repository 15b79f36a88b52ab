"""Which video a word on the command line means."""

import hashlib
import re
from pathlib import Path

from functions.cli.client import HostClient
from infra.errors import ErrorCode, ReelwearError

UPLOADS = "videos/"
_ID_PREFIX = re.compile(r"[0-9a-f]{4,16}")
_CHUNK_BYTES = 1024**2


def video_of(client: HostClient, reference: str) -> str:
    """The id of the video that an id, a unique start of one (4 digits or more), a key, or a local file names.

    A file is known by its bytes, whatever key it was uploaded under. Raises NOT_FOUND, or BAD_REQUEST where two ids
    start so.
    """
    found = _by_id(client, reference) or _by_key(client, reference) or _by_file(client, reference)
    if found is None:
        raise ReelwearError(
            ErrorCode.NOT_FOUND,
            f"{reference} is no video's id, no key of the bucket and no dropped file; `reelwear list` shows them",
        )
    return found


def key_of(client: HostClient, reference: str) -> str | None:
    """The key that a word names in full or without `videos/`, where the host knows an upload under it."""
    for key in (reference, UPLOADS + reference):
        status = client.upload(key)
        if status is not None and status.state != "removed":
            return key
    return None


def content_id(path: Path) -> str:
    """The video id of a file: the first 16 hex digits of the SHA-256 of its bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()[:16]


def _by_id(client: HostClient, reference: str) -> str | None:
    if not _ID_PREFIX.fullmatch(reference):
        return None
    page = client.list_videos(limit=3, id_prefix=reference)
    if page.total > 1:
        some = ", ".join(document.video_id for document in page.videos)
        raise ReelwearError(
            ErrorCode.BAD_REQUEST, f"{page.total} videos start with {reference} ({some}…); give more digits"
        )
    return page.videos[0].video_id if page.videos else None


def _by_key(client: HostClient, reference: str) -> str | None:
    key = key_of(client, reference)
    status = client.upload(key) if key else None
    if status is None:
        return None
    if status.video_id is None:
        raise ReelwearError(
            ErrorCode.NOT_FOUND,
            status.error.message if status.error else f"{status.key} was not read yet; try again in a moment",
        )
    return status.video_id


def _by_file(client: HostClient, reference: str) -> str | None:
    path = Path(reference).expanduser()
    if not path.is_file():
        return None
    page = client.list_videos(limit=1, id_prefix=content_id(path))
    return page.videos[0].video_id if page.videos else None

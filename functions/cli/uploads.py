"""From files on this machine to objects in the bucket."""

import mimetypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from functions.cli.references import UPLOADS
from infra.bucket import Bucket
from infra.errors import ErrorCode, ReelwearError
from infra.settings import VideoSettings

SIDECARS = (".txt", ".json.xz")
SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".jpg", ".jpeg", ".png"})
CONTENT_TYPES = {".mkv": "video/x-matroska", ".m4v": "video/mp4", ".webm": "video/webm", ".xz": "application/x-xz"}


@dataclass(frozen=True)
class Upload:
    """A file, where it goes, and the files beside it that carry its caption."""

    path: Path
    key: str
    size_bytes: int
    sidecars: tuple[Path, ...]

    @property
    def name(self) -> str:
        """What to call it in front of people."""
        return self.path.name


def plan_uploads(paths: Sequence[Path], key: str | None, limits: VideoSettings, is_forced: bool) -> tuple[Upload, ...]:
    """What to upload for each file; nothing is sent before all of them passed.

    Raises NOT_FOUND for a missing file, BAD_REQUEST for `key` with several files or two files of one name, and, unless
    forced, EMPTY_FILE, TOO_LARGE, NOT_MEDIA.
    """
    if key is not None and len(paths) > 1:
        raise ReelwearError(
            ErrorCode.BAD_REQUEST, f"--key is {key}, but {len(paths)} files are given; it names one object"
        )
    uploads = tuple(_plan(path, key or UPLOADS + path.name, limits, is_forced) for path in paths)
    keys = [upload.key for upload in uploads]
    for twice in {key for key in keys if keys.count(key) > 1}:
        raise ReelwearError(
            ErrorCode.BAD_REQUEST, f"two files would both become {twice}; drop them one by one with --key"
        )
    return uploads


def send(bucket: Bucket, upload: Upload, caption: str | None, on_progress: Callable[[int], None]) -> str:
    """Upload a file, its sidecars first so that they are there when it is read; gives the etag of the file."""
    for sidecar in upload.sidecars:
        bucket.upload(sidecar_key(upload.key, _sidecar_suffix(sidecar)), sidecar, _content_type(sidecar))
    metadata = {"caption": caption} if caption else None
    return bucket.upload(upload.key, upload.path, _content_type(upload.path), metadata, on_progress)


def sidecar_key(key: str, suffix: str) -> str:
    """The key of a sidecar: `videos/walk.mp4` and `.txt` give `videos/walk.txt`."""
    folder, slash, name = key.rpartition("/")
    return f"{folder}{slash}{Path(name).stem if name else ''}{suffix}"


def _plan(path: Path, key: str, limits: VideoSettings, is_forced: bool) -> Upload:
    if not path.is_file():
        what = "is a folder; name its files" if path.is_dir() else "does not exist"
        raise ReelwearError(ErrorCode.NOT_FOUND, f"{path} {what}")
    size_bytes = path.stat().st_size
    if not is_forced:
        _check(path, size_bytes, limits)
    sidecars = tuple(
        side for suffix in SIDECARS if (side := path.with_name(path.stem + suffix)).is_file() and side != path
    )
    return Upload(path, key, size_bytes, sidecars)


def _check(path: Path, size_bytes: int, limits: VideoSettings) -> None:
    if path.suffix.lower() not in SUFFIXES:
        known = " ".join(sorted(SUFFIXES))
        raise ReelwearError(
            ErrorCode.NOT_MEDIA,
            f"{path} ends in {path.suffix!r}, which is none of {known}; --force sends it all the same",
        )
    if size_bytes == 0:
        raise ReelwearError(ErrorCode.EMPTY_FILE, f"{path} has 0 bytes; was its download finished?")
    if size_bytes > limits.max_size_bytes:
        raise ReelwearError(
            ErrorCode.TOO_LARGE,
            f"{path} has {size_bytes} bytes, over the limit of {limits.max_size_bytes}; raise REELWEAR_MAX_SIZE_BYTES",
        )


def _sidecar_suffix(path: Path) -> str:
    return next(suffix for suffix in SIDECARS if path.name.endswith(suffix))


def _content_type(path: Path) -> str:
    suffix = path.suffix.lower()
    return CONTENT_TYPES.get(suffix) or mimetypes.types_map.get(suffix, "application/octet-stream")

"""Objects by key: listings, downloads that know what they read, uploads in parts, signed links."""

import hashlib
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.bucket.faults import is_missing, named_disk_faults, named_faults
from infra.bucket.metadata import decode_metadata, encode_metadata
from infra.errors import ErrorCode, ReelwearError
from infra.settings import BucketSettings

PART_BYTES = 8 * 1024**2
CHUNK_BYTES = 256 * 1024
DELETE_BATCH = 1000
SETTLE_S = 1.0


@dataclass(frozen=True)
class ObjectInfo:
    """One row of a listing."""

    key: str
    etag: str
    size_bytes: int
    modified: datetime


@dataclass(frozen=True)
class ObjectHead:
    """What the store knows of one object; metadata names are lower case, values decoded."""

    key: str
    etag: str
    size_bytes: int
    modified: datetime
    content_type: str
    metadata: dict[str, str]


class Bucket:
    """One bucket of the object store; safe to use from many threads.

    Every method raises `ReelwearError`: STORE_DOWN when the store does not answer (a retry helps), BAD_SETTING when it
    refuses the keys, BAD_REQUEST when it refuses what it is asked for, DISK_FULL when it has no room.
    """

    def __init__(self, settings: BucketSettings, timeout_s: float = 30.0) -> None:
        """`timeout_s` is the longest silence of the store within one request."""
        self.name = settings.s3_bucket
        self._data_dir = settings.s3_data_dir
        self._min_free_bytes = settings.s3_min_free_bytes
        self._url = settings.s3_url or "AWS S3"
        self._client: Any = Session().client(
            "s3",
            endpoint_url=settings.s3_url or None,
            region_name=settings.s3_region,
            aws_access_key_id=settings.s3_access_key or None,
            aws_secret_access_key=settings.s3_secret_key.get_secret_value() or None,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path" if settings.s3_url else "auto"},
                retries={"total_max_attempts": 3, "mode": "standard"},
                connect_timeout=3,
                read_timeout=timeout_s,
                max_pool_connections=32,
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def ensure(self) -> None:
        """Make the bucket unless it is there."""
        with named_faults(f"make bucket {self.name}", self._url):
            try:
                self._client.head_bucket(Bucket=self.name)
            except ClientError as error:
                if not is_missing(error):
                    raise
                self._create()

    def is_healthy(self) -> bool:
        """Whether the store answers for this bucket now."""
        try:
            with named_faults(f"reach bucket {self.name}", self._url):
                self._client.head_bucket(Bucket=self.name)
        except ReelwearError:
            return False
        return True

    def head(self, key: str) -> ObjectHead | None:
        """What is known of an object; None when there is none."""
        with named_faults(f"look at {key}", self._url):
            try:
                answer = self._client.head_object(Bucket=self.name, Key=key)
            except ClientError as error:
                if is_missing(error):
                    return None
                raise
        return ObjectHead(
            key=key,
            etag=_bare(answer["ETag"]),
            size_bytes=answer["ContentLength"],
            modified=answer["LastModified"],
            content_type=answer.get("ContentType", ""),
            metadata=decode_metadata(answer["Metadata"]),
        )

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """All objects whose key begins with `prefix`, in the order of their keys, a page of 1000 at a time."""
        token: dict[str, str] = {}
        while True:
            with named_faults(f"list {prefix}", self._url):
                page = self._client.list_objects_v2(Bucket=self.name, Prefix=prefix, **token)
            for row in page.get("Contents", ()):
                yield ObjectInfo(row["Key"], _bare(row["ETag"]), row["Size"], row["LastModified"])
            if not page["IsTruncated"]:
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}

    def download(self, key: str, path: Path, etag: str | None = None, max_bytes: int | None = None) -> str:
        """Stream an object into a file and return the SHA-256 of its bytes, in hex.

        Raises OBJECT_GONE, OBJECT_CHANGED (it no longer has `etag`), TOO_LARGE (over `max_bytes`), DISK_FULL. After a
        failure the file holds what came until then.
        """
        digest = hashlib.sha256()
        with named_disk_faults(path), path.open("wb") as file:
            for chunk in self._read(key, etag, max_bytes):
                digest.update(chunk)
                file.write(chunk)
        return digest.hexdigest()

    def get(self, key: str, max_bytes: int) -> bytes:
        """The bytes of an object; raises OBJECT_GONE, TOO_LARGE (over `max_bytes`)."""
        return b"".join(self._read(key, None, max_bytes))

    def put(self, key: str, data: bytes, content_type: str, metadata: Mapping[str, str] | None = None) -> str:
        """Store bytes under a key, whatever was there before, and return their etag."""
        with self._named_write_faults(key):
            answer = self._client.put_object(
                Bucket=self.name, Key=key, Body=data, ContentType=content_type, Metadata=encode_metadata(metadata or {})
            )
        return _bare(answer["ETag"])

    def upload(
        self,
        key: str,
        path: Path,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> str:
        """Store a file, in parts when it is large, and return the etag. `on_progress` is told the bytes of each part
        that the store has taken; the object appears whole or not at all.
        """
        tell = on_progress or (lambda _size_bytes: None)
        with path.open("rb") as file:
            if path.stat().st_size > PART_BYTES:
                return self._upload_parts(key, file, content_type, metadata or {}, tell)
            data = file.read()
        etag = self.put(key, data, content_type, metadata)
        tell(len(data))
        return etag

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; those that are not there are no error."""
        remaining = iter(keys)
        while batch := [{"Key": key} for key in islice(remaining, DELETE_BATCH)]:
            with named_faults(f"remove {batch[0]['Key']} and {len(batch) - 1} more", self._url):
                answer = self._client.delete_objects(Bucket=self.name, Delete={"Objects": batch, "Quiet": True})
            if failures := answer.get("Errors"):
                first = failures[0]
                message = f"could not remove {len(failures)} objects, {first['Key']} first: {first.get('Message', '')}"
                raise ReelwearError(ErrorCode.STORE_DOWN, message)

    def delete_prefix(self, prefix: str) -> None:
        """Remove all objects whose key begins with `prefix`."""
        self.delete([info.key for info in self.list(prefix)])

    def url(self, key: str, expires_s: int = 3600) -> str:
        """A link that anyone may read the object through until it expires."""
        with named_faults(f"sign a link to {key}", self._url):
            link: str = self._client.generate_presigned_url(
                "get_object", Params={"Bucket": self.name, "Key": key}, ExpiresIn=expires_s
            )
        return link

    @contextmanager
    def _named_write_faults(self, key: str) -> Iterator[None]:
        """SeaweedFS answers "internal error" when its disk has no room: look at the disk, where it is within reach."""
        try:
            with named_faults(f"store {key}", self._url):
                yield
        except ReelwearError as error:
            if error.code is not ErrorCode.STORE_DOWN or self._data_dir is None or not self._data_dir.exists():
                raise
            free_bytes = shutil.disk_usage(self._data_dir).free
            if free_bytes >= self._min_free_bytes:
                raise
            message = (
                f"cannot store {key}: the disk of {self._data_dir} has {free_bytes} bytes free, under the "
                f"{self._min_free_bytes} that must stay free; make room, or lower REELWEAR_MIN_FREE_BYTES"
            )
            raise ReelwearError(ErrorCode.DISK_FULL, message) from error

    def _create(self) -> None:
        region = self._client.meta.region_name
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        try:
            self._client.create_bucket(Bucket=self.name, **where)
        except (self._client.exceptions.BucketAlreadyOwnedByYou, self._client.exceptions.BucketAlreadyExists):
            # Another process was quicker; if the bucket is someone else's, this says so.
            self._client.head_bucket(Bucket=self.name)

    def _read(self, key: str, etag: str | None, max_bytes: int | None) -> Iterator[bytes]:
        condition = {"IfMatch": f'"{etag}"'} if etag else {}
        with named_faults(f"read {key}", self._url):
            answer = self._get_object(key, condition)
            with closing(answer["Body"]) as body:
                size_bytes = answer["ContentLength"]
                if max_bytes is not None and size_bytes > max_bytes:
                    raise ReelwearError(ErrorCode.TOO_LARGE, f"{key} has {size_bytes} bytes, over {max_bytes}")
                yield from body.iter_chunks(CHUNK_BYTES)

    def _get_object(self, key: str, condition: Mapping[str, str]) -> dict[str, Any]:
        """Just after a start SeaweedFS may know an object and not find its data: ask again once before believing it."""
        try:
            answer: dict[str, Any] = self._client.get_object(Bucket=self.name, Key=key, **condition)
        except ClientError as error:
            if not is_missing(error) or self.head(key) is None:
                raise
            time.sleep(SETTLE_S)
            try:
                answer = self._client.get_object(Bucket=self.name, Key=key, **condition)
            except ClientError as second:
                if not is_missing(second):
                    raise
                message = f"{key} is in the bucket, but its data cannot be read yet; try again"
                raise ReelwearError(ErrorCode.STORE_DOWN, message) from second
        return answer

    def _upload_parts(
        self,
        key: str,
        file: BinaryIO,
        content_type: str,
        metadata: Mapping[str, str],
        tell: Callable[[int], None],
    ) -> str:
        with self._named_write_faults(key):
            upload_id: str = self._client.create_multipart_upload(
                Bucket=self.name, Key=key, ContentType=content_type, Metadata=encode_metadata(metadata)
            )["UploadId"]
            target = {"Bucket": self.name, "Key": key, "UploadId": upload_id}
            parts: list[dict[str, Any]] = []
            try:
                while data := file.read(PART_BYTES):
                    number = len(parts) + 1
                    answer = self._client.upload_part(**target, PartNumber=number, Body=data)
                    parts.append({"PartNumber": number, "ETag": answer["ETag"]})
                    tell(len(data))
                answer = self._client.complete_multipart_upload(**target, MultipartUpload={"Parts": parts})
            except BaseException:
                with suppress(BotoCoreError, ClientError):
                    self._client.abort_multipart_upload(**target)
                raise
        return _bare(answer["ETag"])


def _bare(etag: str) -> str:
    return etag.strip('"')

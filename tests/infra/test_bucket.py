"""What every bucket promises, on a real object store."""

import hashlib
import os
import random
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from infra.bucket import Bucket
from infra.bucket.metadata import decode_metadata, encode_metadata
from infra.errors import ErrorCode, ReelwearError
from infra.local.ports import choose_port
from infra.settings import BucketSettings

MIB = 1024**2
SPOKEN = {"caption": "Ça va? 春 #boho\nsecond line", "plain": "x y"}


@pytest.fixture
def room() -> str:
    """A key prefix that no other test uses."""
    return f"tests/{uuid4().hex}/"


def code_of(failure: pytest.ExceptionInfo[ReelwearError]) -> ErrorCode:
    return failure.value.code


def test_bytes_come_back_as_they_were_put(bucket: Bucket, room: str, tmp_path: Path) -> None:
    data = os.urandom(300_000)
    etag = bucket.put(room + "a.bin", data, "video/mp4", {"caption": "été"})
    sha256 = bucket.download(room + "a.bin", tmp_path / "a.bin", etag)
    assert (tmp_path / "a.bin").read_bytes() == data
    assert sha256 == hashlib.sha256(data).hexdigest()
    assert bucket.get(room + "a.bin", max_bytes=len(data)) == data


def test_the_head_tells_what_was_put(bucket: Bucket, room: str) -> None:
    etag = bucket.put(room + "a.mp4", b"12345", "video/mp4", SPOKEN)
    head = bucket.head(room + "a.mp4")
    assert head is not None
    assert (head.key, head.etag, head.size_bytes, head.content_type) == (room + "a.mp4", etag, 5, "video/mp4")
    assert head.metadata == SPOKEN
    assert '"' not in etag


def test_an_object_that_is_not_there_has_no_head_and_cannot_be_read(bucket: Bucket, room: str, tmp_path: Path) -> None:
    assert bucket.head(room + "nothing") is None
    with pytest.raises(ReelwearError) as failure:
        bucket.download(room + "nothing", tmp_path / "nothing")
    assert code_of(failure) is ErrorCode.OBJECT_GONE
    assert room + "nothing" in failure.value.message


def test_a_download_of_another_version_is_refused(bucket: Bucket, room: str, tmp_path: Path) -> None:
    old = bucket.put(room + "a", b"old", "text/plain")
    new = bucket.put(room + "a", b"new", "text/plain")
    with pytest.raises(ReelwearError) as failure:
        bucket.download(room + "a", tmp_path / "a", etag=old)
    assert code_of(failure) is ErrorCode.OBJECT_CHANGED
    bucket.download(room + "a", tmp_path / "a", etag=new)
    assert (tmp_path / "a").read_bytes() == b"new"


def test_a_download_over_its_limit_is_refused(bucket: Bucket, room: str, tmp_path: Path) -> None:
    bucket.put(room + "a", b"x" * 1001, "text/plain")
    with pytest.raises(ReelwearError, match="1001 bytes") as failure:
        bucket.download(room + "a", tmp_path / "a", max_bytes=1000)
    assert code_of(failure) is ErrorCode.TOO_LARGE


def test_a_download_onto_a_full_disk_says_so(bucket: Bucket, room: str) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    bucket.put(room + "a", b"x" * 100_000, "text/plain")
    with pytest.raises(ReelwearError) as failure:
        bucket.download(room + "a", full)
    assert code_of(failure) is ErrorCode.DISK_FULL


def test_a_listing_goes_on_past_its_first_page(bucket: Bucket, room: str) -> None:
    keys = [f"{room}{number:04}" for number in range(1005)]
    with ThreadPoolExecutor(8) as threads:
        etags = list(threads.map(lambda key: bucket.put(key, b"x", "text/plain"), keys))
    rows = list(bucket.list(room))
    assert [row.key for row in rows] == keys
    assert [row.etag for row in rows] == etags
    assert {row.size_bytes for row in rows} == {1}
    bucket.delete_prefix(room)
    assert list(bucket.list(room)) == []


def test_a_listing_keeps_to_its_prefix(bucket: Bucket, room: str) -> None:
    for key in ("videos/a", "videos/b/c", "videos-not/d", "e"):
        bucket.put(room + key, b"x", "text/plain")
    assert [row.key for row in bucket.list(room + "videos/")] == [room + "videos/a", room + "videos/b/c"]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("a reel with spaces.mp4", id="spaces"),
        pytest.param("été/春の服/👗.mp4", id="unicode"),
        pytest.param("a+b%20c&d=e?f#g.mp4", id="what URLs reserve"),
        pytest.param("quote'\"<&>.mp4", id="what XML reserves"),
        pytest.param("two..dots/..hidden/x...mp4", id="dots"),
        pytest.param("/".join(["n" * 200] * 4) + "/" + "m" * 50, id="900 characters"),
    ],
)
def test_odd_keys_are_kept_as_they_are(bucket: Bucket, room: str, tmp_path: Path, name: str) -> None:
    key = room + name
    bucket.put(key, b"odd", "video/mp4")
    assert bucket.head(key) is not None
    assert [row.key for row in bucket.list(room)] == [key]
    bucket.download(key, tmp_path / "odd")
    assert (tmp_path / "odd").read_bytes() == b"odd"
    bucket.delete([key])
    assert bucket.head(key) is None


def test_a_key_that_climbs_out_of_its_folder_is_refused_or_kept_apart(bucket: Bucket, room: str) -> None:
    bucket.put(room + "inner/victim", b"mine", "text/plain")
    with suppress(ReelwearError):
        bucket.put(room + "inner/x/../victim", b"theirs", "text/plain")
    assert bucket.get(room + "inner/victim", 10) == b"mine"


@pytest.mark.parametrize("size", [0, 1, 8 * MIB, 8 * MIB + 1, 17 * MIB])
def test_an_upload_is_whole_and_tells_its_progress(bucket: Bucket, room: str, tmp_path: Path, size: int) -> None:
    path = tmp_path / "reel.mp4"
    path.write_bytes(random.Random(size).randbytes(size))
    told: list[int] = []
    etag = bucket.upload(room + "reel.mp4", path, "video/mp4", {"caption": "été"}, told.append)
    head = bucket.head(room + "reel.mp4")
    assert head is not None
    assert (head.etag, head.size_bytes, head.metadata) == (etag, size, {"caption": "été"})
    assert sum(told) == size
    sha256 = bucket.download(room + "reel.mp4", tmp_path / "back.mp4", etag)
    assert sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_an_upload_that_breaks_off_leaves_nothing(bucket: Bucket, room: str, tmp_path: Path) -> None:
    path = tmp_path / "reel.mp4"
    path.write_bytes(bytes(20 * MIB))

    def interrupt(_size_bytes: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bucket.upload(room + "reel.mp4", path, "video/mp4", on_progress=interrupt)
    assert bucket.head(room + "reel.mp4") is None
    assert list(bucket.list(room)) == []


def test_what_is_not_there_can_be_deleted(bucket: Bucket, room: str) -> None:
    bucket.put(room + "a", b"x", "text/plain")
    bucket.delete([room + "a", room + "never was"])
    bucket.delete([])
    assert list(bucket.list(room)) == []


def test_a_signed_link_opens_to_anyone_until_it_expires(bucket: Bucket, room: str) -> None:
    bucket.put(room + "a b.jpg", b"picture", "image/jpeg")
    link = bucket.url(room + "a b.jpg", expires_s=60)
    with urllib.request.urlopen(link, timeout=5) as answer:
        assert answer.read() == b"picture"
        assert answer.headers["Content-Type"] == "image/jpeg"
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(link.split("?", maxsplit=1)[0], timeout=5)
    assert refusal.value.code == 403
    refusal.value.close()


def test_many_threads_share_one_bucket(bucket: Bucket, room: str) -> None:
    start = threading.Barrier(8)

    def put_and_get(number: int) -> bytes:
        start.wait()
        bucket.put(f"{room}{number}", str(number).encode(), "text/plain")
        return bucket.get(f"{room}{number}", 10)

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(put_and_get, range(8))) == [str(number).encode() for number in range(8)]


def test_a_bucket_that_is_there_is_not_made_again(bucket: Bucket, room: str) -> None:
    bucket.put(room + "a", b"x", "text/plain")
    bucket.ensure()
    assert bucket.is_healthy()
    assert bucket.get(room + "a", 10) == b"x"


def test_a_store_that_is_down_is_named_and_worth_a_retry(tmp_path: Path) -> None:
    port = choose_port((), random.Random())
    nowhere = Bucket(BucketSettings(s3_url=f"http://127.0.0.1:{port}", s3_access_key="k", s3_secret_key=SecretStr("s")))
    for attempt in (
        nowhere.ensure,
        lambda: nowhere.head("a"),
        lambda: list(islice(nowhere.list(""), 1)),
        lambda: nowhere.download("a", tmp_path / "a"),
        lambda: nowhere.put("a", b"", "text/plain"),
        lambda: nowhere.delete(["a"]),
    ):
        with pytest.raises(ReelwearError, match=str(port)) as failure:
            attempt()
        assert code_of(failure) is ErrorCode.STORE_DOWN
        assert failure.value.is_retryable
    assert not nowhere.is_healthy()


def test_wrong_keys_are_named_and_not_worth_a_retry(bucket_settings: BucketSettings) -> None:
    stranger = Bucket(bucket_settings.model_copy(update={"s3_secret_key": SecretStr("wrong")}))
    with pytest.raises(ReelwearError, match="REELWEAR_S3_ACCESS_KEY") as failure:
        stranger.put("a", b"", "text/plain")
    assert code_of(failure) is ErrorCode.BAD_SETTING


@given(st.dictionaries(st.sampled_from(["caption", "hashtags", "title"]), st.text(max_size=300)))
def test_metadata_survives_the_header(metadata: dict[str, str]) -> None:
    headers = encode_metadata(metadata)
    assert all(value.isascii() and value.isprintable() for value in headers.values())
    assert decode_metadata(headers) == metadata


@pytest.mark.parametrize(
    "header, text",
    [
        pytest.param("=?UTF-8?Q?caf=C3=A9?=", "café", id="quoted-printable, as S3 answers"),
        pytest.param("=?ISO-8859-1?B?6Q==?=", "é", id="another charset"),
        pytest.param("caf\u00c3\u00a9", "café", id="bare UTF-8"),
        pytest.param("caf\u00e9", "café", id="bare Latin-1"),
        pytest.param("=?UTF-8?B?abcde?=", "=?UTF-8?B?abcde?=", id="broken base64"),
        pytest.param("=?no-such-set?Q?x?=", "=?no-such-set?Q?x?=", id="unknown charset"),
        pytest.param("is 1=?2", "is 1=?2", id="no encoded word at all"),
    ],
)
def test_metadata_of_other_writers_is_read(header: str, text: str) -> None:
    assert decode_metadata({"caption": header}) == {"caption": text}

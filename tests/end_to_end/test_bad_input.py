"""Whatever is dropped, its document says what was wrong with it, and the rest goes on."""

import json
import struct
from pathlib import Path

import av
import numpy as np
import pytest

from tests.end_to_end.running import Stack, wait_for
from tests.media import clip, encode, pattern


def audio_only(path: Path) -> bytes:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44_100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 44_100), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 44_100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path.read_bytes()


def huge_picture() -> bytes:
    """A PNG header of 16,384 × 16,384 pixels with nothing behind it."""
    header = struct.pack(">IIBBBBB", 16_384, 16_384, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(header)) + b"IHDR" + header + b"\0\0\0\0"


def long_video(path: Path) -> bytes:
    """Two frames, three hours apart."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=1)
        stream.width, stream.height, stream.pix_fmt = 180, 320, "yuv420p"
        for pts in (0, 3 * 3600):
            frame = av.VideoFrame.from_ndarray(pattern(pts), format="rgb24")
            frame.pts = pts
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path.read_bytes()


def without_frames(path: Path) -> bytes:
    """A container with a video stream and not one frame."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 180, 320, "yuv420p"
        container.start_encoding()
    return path.read_bytes()


def unsupported(path: Path) -> bytes:
    """A video whose sample entry names a codec that nobody knows."""
    return encode(path, [pattern(1)] * 5).read_bytes().replace(b"avc1", b"zzzz")


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("bad")
    whole = clip(folder / "whole.mp4", range(100, 110))
    return {
        "empty_file": b"",
        "not_media": b"This is a shopping list, not a video.\n" * 40,
        "truncated": whole[: len(whole) // 2],
        "no_video_stream": audio_only(folder / "audio.mp4"),
        "no_frames": without_frames(folder / "none.avi"),
        "too_many_pixels": huge_picture(),
        "too_long": long_video(folder / "long.mp4"),
        "unsupported_codec": unsupported(folder / "odd.mp4"),
    }


def test_each_bad_upload_fails_by_name_and_the_good_one_beside_it_is_ready(
    stack: Stack, bad: dict[str, bytes], tmp_path: Path
) -> None:
    uploads = {code: stack.put(f"bad-{code}.mp4", data) for code, data in bad.items()}
    good = stack.put("good-beside-bad.mp4", clip(tmp_path / "good.mp4", [120, 121]))
    documents = {code: stack.settle(*upload) for code, upload in uploads.items()}
    assert {code: document["error"]["code"] for code, document in documents.items()} == {code: code for code in bad}
    assert {document["state"] for document in documents.values()} == {"failed"}
    assert {document["error"]["stage"] for document in documents.values()} == {"split"}
    assert all(len(document["error"]["message"]) > 20 for document in documents.values())
    assert stack.settle(*good)["state"] == "ready"
    stored = json.loads(stack.bucket.get(f"results/{documents['empty_file']['video_id']}.json", 10**6))
    assert stored == documents["empty_file"]


def test_what_failed_for_good_lies_with_the_dead_letters_and_can_be_dropped(stack: Stack) -> None:
    key, etag = stack.put("dead.mp4", b"no video at all, again")
    stack.settle(key, etag)

    def letters() -> list[dict[str, object]]:
        listed: list[dict[str, object]] = json.loads(stack.reelwear("dlq", "list", "--json").stdout)["dead_letters"]
        return [letter for letter in listed if "dead.mp4" in str(letter["body"])]

    assert wait_for(lambda: len(letters()) == 1)
    (letter,) = letters()
    assert str(letter["reason"]).startswith("not_media: ")
    stack.reelwear("dlq", "drop", str(letter["id"]))
    assert letters() == []

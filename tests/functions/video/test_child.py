import contextlib
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from functions.video.child import DecodeChildren, ending, start_child
from functions.video.split import Split, split
from infra.errors import ErrorCode, ReelwearError
from infra.settings import VideoSettings
from tests.functions.video.media import held, picture, plain, write_video

SETTINGS = VideoSettings(decode_timeout_s=60.0)
VIDEO_ERRORS = {
    ErrorCode.EMPTY_FILE, ErrorCode.NOT_MEDIA, ErrorCode.TRUNCATED, ErrorCode.NO_VIDEO_STREAM, ErrorCode.NO_FRAMES,
    ErrorCode.UNSUPPORTED_CODEC, ErrorCode.TOO_LONG, ErrorCode.TOO_MANY_PIXELS, ErrorCode.TOO_MANY_STREAMS,
    ErrorCode.DECODE_LIMIT, ErrorCode.DECODE_CRASHED,
}  # fmt: skip


@pytest.fixture(scope="module")
def reel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("reel") / "a.mp4"
    return write_video(path, held(picture(1, 64, 96), 0.6) + held(picture(2, 64, 96), 0.6))


@pytest.fixture(scope="module")
def children(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DecodeChildren]:
    children = DecodeChildren(SETTINGS, tmp_path_factory.mktemp("scratch"), spares=2)
    try:
        yield children
    finally:
        children.close()


def own_children() -> list[psutil.Process]:
    """The decoding children of this process."""
    found: list[psutil.Process] = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):
            found += [child] * ("functions.video.child_main" in child.cmdline())
    return found


def without_times(result: Split) -> tuple[object, ...]:
    return result.media, result.shots, result.keyframes, result.measures["frames"]


def test_a_child_answers_as_the_code_itself(children: DecodeChildren, reel: Path) -> None:
    assert without_times(children.split(reel)) == without_times(split(reel, SETTINGS))


def test_several_videos_are_split_at_once(children: DecodeChildren, reel: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(children.split, [reel] * 6))
    assert len({without_times(result) for result in results}) == 1


def test_an_error_keeps_its_name_and_words(children: DecodeChildren, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_text("no video")
    with pytest.raises(ReelwearError, match="its name does not count") as caught:
        children.split(path)
    assert caught.value.code is ErrorCode.NOT_MEDIA


def test_a_child_that_takes_too_long_is_ended(tmp_path: Path, reel: Path) -> None:
    children = DecodeChildren(VideoSettings(decode_timeout_s=0.001), tmp_path)
    try:
        with pytest.raises(ReelwearError, match="REELWEAR_DECODE_TIMEOUT_S") as caught:
            children.split(reel)
    finally:
        children.close()
    assert caught.value.code is ErrorCode.DECODE_LIMIT


@pytest.mark.parametrize("memory_bytes", [10_000_000, 40_000_000, 60_000_000])
def test_a_child_that_needs_too_much_memory_is_ended(tmp_path: Path, memory_bytes: int) -> None:
    path = write_video(tmp_path / "a.mp4", [plain(90, 90, 90, 2048, 2048)] * 40)
    settings = VideoSettings(decode_memory_bytes=memory_bytes, decode_stall_s=3.0)
    children = DecodeChildren(settings, tmp_path / "scratch")
    try:
        with pytest.raises(ReelwearError) as caught:
            children.split(path)
    finally:
        children.close()
    assert caught.value.code in (ErrorCode.DECODE_LIMIT, ErrorCode.DECODE_CRASHED)


def test_a_child_that_stands_still_is_ended(tmp_path: Path, reel: Path) -> None:
    before = {child.pid for child in own_children()}
    children = DecodeChildren(VideoSettings(decode_stall_s=0.3), tmp_path)
    try:
        while not (waiting := [child for child in own_children() if child.pid not in before]):
            time.sleep(0.02)
        waiting[0].send_signal(signal.SIGSTOP)
        with pytest.raises(ReelwearError, match="stood still") as caught:
            children.split(reel)
    finally:
        children.close()
    assert caught.value.code is ErrorCode.DECODE_LIMIT


def test_a_child_killed_while_it_waits_is_replaced(children: DecodeChildren, reel: Path) -> None:
    for child in own_children():
        child.send_signal(signal.SIGKILL)
    assert len(children.split(reel).keyframes) == 2


def test_a_child_knows_no_secret(tmp_path: Path) -> None:
    child = start_child(tmp_path)
    try:
        while not (known := psutil.Process(child.pid).environ()):
            time.sleep(0.01)
    finally:
        child.kill()
        child.communicate()
    assert {"PATH", "PYTHONPATH"} <= set(known)
    assert set(known) <= {
        "PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "PYTHONPATH",
        "PYTHONDONTWRITEBYTECODE", "OPENBLAS_NUM_THREADS", "HOME", "TMPDIR",
    }  # fmt: skip


def test_children_end_with_close_and_leave_nothing(tmp_path: Path) -> None:
    before = {child.pid for child in own_children()}
    children = DecodeChildren(SETTINGS, tmp_path, spares=2)
    deadline = time.monotonic() + 20
    while len(own_children()) < len(before) + 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    children.close()
    assert {child.pid for child in own_children()} <= before
    assert list(tmp_path.iterdir()) == []


def test_a_child_dies_with_its_parent(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys, time; from functions.video.child import start_child;"
        f"print(start_child(pathlib.Path({str(tmp_path)!r})).pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.communicate()
    gone, _ = psutil.wait_procs([child], timeout=10)
    assert gone or child.status() == psutil.STATUS_ZOMBIE


def test_the_thread_that_asks_may_end_before_its_successor(children: DecodeChildren, reel: Path) -> None:
    results: list[Split] = []
    for _ in range(3):
        thread = threading.Thread(target=lambda: results.append(children.split(reel)))
        thread.start()
        thread.join()
    assert len(results) == 3


def test_an_ending_is_told_in_words() -> None:
    assert ending(-signal.SIGSEGV, b"") == "SIGSEGV"
    assert ending(1, b"boom\n") == "exit status 1: boom"


def damaged(data: bytes, seed: int) -> bytes:
    """The bytes of a video, cut off, with bits flipped, or with a stretch overwritten."""
    rng = random.Random(seed)
    harmed = bytearray(data)
    kind = seed % 3
    if kind == 0:
        return bytes(harmed[: rng.randrange(len(harmed))])
    if kind == 1:
        for _ in range(rng.randint(1, 40)):
            harmed[rng.randrange(len(harmed))] ^= 1 << rng.randrange(8)
    else:
        start = rng.randrange(len(harmed))
        length = min(rng.randint(1, 400), len(harmed) - start)
        harmed[start : start + length] = rng.randbytes(length)
    return bytes(harmed)


def test_damaged_files_end_in_a_result_or_a_named_error(children: DecodeChildren, reel: Path, tmp_path: Path) -> None:
    data = reel.read_bytes()

    def outcome(seed: int) -> str:
        path = tmp_path / f"{seed}.mp4"
        path.write_bytes(damaged(data, seed))
        try:
            result = children.split(path)
        except ReelwearError as error:
            return error.code.code
        return "done" if result.keyframes else "nothing"

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(outcome, range(60)))
    assert {"done", "truncated"} <= set(outcomes) <= {"done", *(code.code for code in VIDEO_ERRORS)}

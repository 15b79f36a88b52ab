"""Decoding in children that may crash, hang or run out of memory without harm to anything else."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import functions
from functions.video.child_main import ACCEPTED
from functions.video.split import Keyframe, Media, Shot, Split
from infra.errors import ErrorCode, ReelwearError
from infra.settings import VideoSettings

CHILD_MODULE = "functions.video.child_main"
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
MOST_CRASHES = 2
MOST_STARTS = 8
STDERR_TAIL = 300


class DecodeChildren:
    """Splits videos in one-shot child processes; `spares` of them wait ready, so that no video waits for imports.
    Threads may share it. The children run in `scratch`, write nothing, and die with this process.
    """

    def __init__(self, settings: VideoSettings, scratch: Path, spares: int = 1) -> None:
        scratch.mkdir(parents=True, exist_ok=True)
        self._settings, self._scratch = settings, scratch
        self._ready: queue.Queue[subprocess.Popen[bytes]] = queue.Queue()
        self._wanted = threading.Semaphore(max(spares, 1))
        self._is_closed = threading.Event()
        # One thread starts all children and lives as long as this object: the kernel's death signal is bound to the
        # thread that forked, not to the process.
        self._keeper = threading.Thread(target=self._keep_spares, name="decode-children", daemon=True)
        self._keeper.start()

    def split(self, path: Path) -> Split:
        """Split a video in a child. A crash is tried once more in a fresh one: it may have been killed from outside.
        Raises what `functions.video.split.split` raises, decode_limit (time or memory) and decode_crashed.
        """
        crashes, reason = 0, ""
        for _ in range(MOST_STARTS):
            answer, is_whole, reason = self._ask(path)
            if is_whole:
                return read_answer(answer.removeprefix(ACCEPTED))
            crashes += answer.startswith(ACCEPTED)
            if crashes == MOST_CRASHES:
                break
        raise ReelwearError(ErrorCode.DECODE_CRASHED, f"the decoder crashed on this file, {crashes} times ({reason})")

    def close(self) -> None:
        """End the waiting children; running ones end with their jobs."""
        self._is_closed.set()
        self._wanted.release()
        self._keeper.join()
        while not self._ready.empty():
            end(self._ready.get())

    def _ask(self, path: Path) -> tuple[bytes, bool, str]:
        """What a child answered, whether that is all, and how it ended."""
        job = {"path": str(path.absolute()), "settings": self._settings.model_dump(mode="json")}
        child = self._take()
        try:
            answer, said = self._listen(child, json.dumps(job).encode() + b"\n")
        finally:
            end(child)
        if child.returncode == -signal.SIGXCPU:
            told = "decoding used up its processor time; raise REELWEAR_DECODE_TIMEOUT_S"
            raise ReelwearError(ErrorCode.DECODE_LIMIT, told)
        return answer, child.returncode == 0, ending(child.returncode, said)

    def _listen(self, child: subprocess.Popen[bytes], job: bytes) -> tuple[bytes, bytes]:
        """All that a child writes until it ends. A decoder short of memory may wait for its own threads for ever: a
        child that does nothing any more is not waited for.
        """
        ends_s = time.monotonic() + self._settings.decode_timeout_s
        stall_s = self._settings.decode_stall_s
        unsent: bytes | None = job
        used_s = -1.0
        while True:
            left_s = max(ends_s - time.monotonic(), 0.0)
            try:
                return child.communicate(unsent, timeout=min(left_s, stall_s))
            except subprocess.TimeoutExpired as error:
                unsent, was_s, used_s = None, used_s, processor_s(child.pid)
                if left_s <= stall_s:
                    told = f"decoding took longer than {self._settings.decode_timeout_s:g} s"
                    remedy = "raise REELWEAR_DECODE_TIMEOUT_S"
                    raise ReelwearError(ErrorCode.DECODE_LIMIT, f"{told}; {remedy}") from error
                if used_s == was_s:
                    told = f"decoding stood still for {stall_s:g} s; try a smaller or a sound file"
                    raise ReelwearError(ErrorCode.DECODE_LIMIT, told) from error

    def _take(self) -> subprocess.Popen[bytes]:
        """A waiting child that is alive."""
        while not self._is_closed.is_set():
            try:
                child = self._ready.get(timeout=0.5)
            except queue.Empty:
                continue
            self._wanted.release()
            if child.poll() is None:
                return child
            end(child)
        raise ReelwearError(ErrorCode.INTERNAL, "decoding was asked for after close()")

    def _keep_spares(self) -> None:
        while self._wanted.acquire() and not self._is_closed.is_set():
            self._ready.put(start_child(self._scratch))


def start_child(scratch: Path) -> subprocess.Popen[bytes]:
    """A child that loads its libraries and waits for a job. Its environment is made, not inherited: no credentials."""
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    environment |= {
        "PYTHONPATH": str(Path(functions.__file__).parents[1]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
    }
    command = [sys.executable, "-P", "-m", CHILD_MODULE, str(os.getpid())]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, cwd=scratch, env=environment)


def processor_s(pid: int) -> float:
    """Processor time that a process has used, over all its threads; to a hundredth of a second."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def end(child: subprocess.Popen[bytes]) -> None:
    """Kill a child if it still runs, reap it, and close its pipes."""
    child.kill()
    child.wait()
    for stream in (child.stdin, child.stdout, child.stderr):
        if stream is not None and not stream.closed:
            stream.close()


def ending(returncode: int, said: bytes) -> str:
    """How a child ended, in words: its signal or exit status, and the end of what it said."""
    how = signal.Signals(-returncode).name if returncode < 0 else f"exit status {returncode}"
    words = said.decode(errors="replace").strip()[-STDERR_TAIL:]
    return f"{how}: {words}" if words else how


def read_answer(answer: bytes) -> Split:
    """The split in an answer written by `functions.video.child_main.answer_job`, or the error in it raised."""
    head, _, pictures = answer.partition(b"\n")
    told: dict[str, Any] = json.loads(head)
    if "error" in told:
        raise ReelwearError(ErrorCode[told["error"]], told["message"])
    keyframes: list[Keyframe] = []
    place = 0
    for fields, size in zip(told["keyframes"], told["jpeg_bytes"], strict=True):
        shot, returns = Shot(**fields.pop("shot")), tuple(Shot(**span) for span in fields.pop("returns"))
        keyframes.append(Keyframe(**fields, shot=shot, returns=returns, jpeg=pictures[place : place + size]))
        place += size
    shots = tuple(Shot(**shot) for shot in told["shots"])
    return Split(Media(**told["media"]), shots, tuple(keyframes), told["measures"])

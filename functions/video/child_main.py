"""The decoding child: one job on stdin, one answer on stdout, then the end. It starts shut in, and knows no secret."""

import ctypes
import json
import os
import resource
import signal
import sys
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, BinaryIO, cast

if TYPE_CHECKING:
    from infra.settings import VideoSettings

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
MOST_FILES = 64
ACCEPTED = b"+"
SHORT_BYTES = 32 * 1024**2


def shut_in(parent_pid: int) -> None:
    """Die with the parent, gain no privilege, reach no network (where the kernel lets users make namespaces), dump no
    core, write no file. Must run while there is a single thread.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:
        os._exit(1)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # Refused in some containers; the demuxers are allowed the file protocol alone in any case.
    libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)
    for limit, value in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_NOFILE, MOST_FILES)):
        resource.setrlimit(limit, (value, value))


def limit_work(memory_bytes: int, cpu_s: int) -> None:
    """Bound the address space beyond what is used now, and the processor time over all threads."""
    used_bytes = address_space_bytes("VmSize")
    for limit, value in ((resource.RLIMIT_AS, used_bytes + memory_bytes), (resource.RLIMIT_CPU, cpu_s)):
        resource.setrlimit(limit, (value, value))


def address_space_bytes(which: str) -> int:
    """The address space of this process, now (`VmSize`) or at its largest (`VmPeak`)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(which))


def was_short_of_memory() -> bool:
    """Whether the address space came near its bound. Decoders then call a file damaged that is not."""
    bound_bytes = resource.getrlimit(resource.RLIMIT_AS)[0]
    return address_space_bytes("VmPeak") > bound_bytes - SHORT_BYTES


def answer_job(job: dict[str, Any], answer: BinaryIO) -> None:
    """Split the job's file. The answer, behind ACCEPTED, is a line of JSON (the split without its pictures, or
    {"error", "message"}) and then the JPEGs of the keyframes one after the other, `jpeg_bytes` long each.
    """
    from functions.video.split import split
    from infra.errors import ErrorCode, ReelwearError

    # The parent has checked the values; pydantic would make a child twice as slow to start.
    settings = cast("VideoSettings", SimpleNamespace(**job["settings"]))
    limit_work(settings.decode_memory_bytes, int(settings.decode_timeout_s) * (os.cpu_count() or 1) + 1)
    short = f"decoding needs more than {settings.decode_memory_bytes} bytes; raise REELWEAR_DECODE_MEMORY_BYTES"
    try:
        result = split(Path(job["path"]), settings)
    except ReelwearError as error:
        code, told = error.code, error.message
        if code in (ErrorCode.NO_FRAMES, ErrorCode.TRUNCATED) and was_short_of_memory():
            code, told = ErrorCode.DECODE_LIMIT, short
        answer.write(json.dumps({"error": code.name, "message": told}).encode())
    except (MemoryError, BlockingIOError):
        # FFmpeg's "try again" is a thread that found no room for its stack.
        answer.write(json.dumps({"error": ErrorCode.DECODE_LIMIT.name, "message": short}).encode())
    else:
        pictures = [keyframe.jpeg for keyframe in result.keyframes]
        bare = replace(result, keyframes=tuple(replace(keyframe, jpeg=b"") for keyframe in result.keyframes))
        told_split = asdict(bare)
        for keyframe in told_split["keyframes"]:
            del keyframe["jpeg"]
        answer.write(json.dumps({**told_split, "jpeg_bytes": [len(picture) for picture in pictures]}).encode() + b"\n")
        answer.writelines(pictures)


def main() -> None:
    """Shut in, load what decodes, wait for the job, answer it."""
    shut_in(int(sys.argv[1]))
    # Libraries may print: what they say goes to stderr, the answer has a pipe of its own.
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    import av
    import cv2

    import functions.video.split  # noqa: F401 (loaded ahead of the job)

    av.logging.set_level(av.logging.FATAL)
    cv2.setNumThreads(1)
    line = sys.stdin.buffer.readline()
    if line:
        # A child that ends before this was not brought down by the file.
        answer.write(ACCEPTED)
        answer.flush()
        answer_job(json.loads(line), answer)
        answer.flush()
    os._exit(0)


if __name__ == "__main__":
    main()

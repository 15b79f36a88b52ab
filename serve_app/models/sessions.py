"""ONNX Runtime sessions on the CPU, and the one place where damaged weights get their name."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as faults

from serve_app.errors import ModelServerError

# A name that is no UTF-8 any more is told as a ValueError, which stands in the way of the library's own.
ONNX_FAULTS = (
    faults.InvalidProtobuf,
    faults.InvalidGraph,
    faults.InvalidArgument,
    faults.NotImplemented,
    faults.RuntimeException,
    faults.Fail,
    ValueError,
)
REINSTALL = "install the package again, or make them with `python -m {job}`"


def open_session(path: Path, threads: int, job: str) -> onnxruntime.InferenceSession:
    """A session that takes no more than its threads. Raises `bad_setting` for a file that is missing or damaged,
    with the job that makes it.
    """
    require_file(path, job)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Spinning threads would take the cores from the decoder between two batches.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    with naming_damage(path, job, *ONNX_FAULTS):
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def require_file(path: Path, job: str) -> None:
    """Raises `bad_setting` where a file of the weights is not there."""
    if not path.is_file():
        raise ModelServerError("bad_setting", f"the weights {path} are missing; {REINSTALL.format(job=job)}")


@contextmanager
def naming_damage(path: Path, job: str, *kinds: type[Exception]) -> Iterator[None]:
    """What a library says of a file that it cannot read, as `bad_setting` with the file and the way out."""
    try:
        yield
    except kinds as fault:
        told = str(fault).strip().partition("\n")[0]
        raise ModelServerError(
            "bad_setting", f"the weights {path} cannot be read ({told}); {REINSTALL.format(job=job)}"
        ) from fault

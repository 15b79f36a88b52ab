"""Parts through embedders on a Ray cluster: read by tasks, embedded by actors that hold the model, noted by the driver.

The pictures' folder must be one that every machine of the cluster sees under the same path.
"""

import os
import secrets
import socket
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from catalog_jobs.catalog.indexing.crops import MaskedCrop, read_crop
from catalog_jobs.catalog.indexing.embedding import EmbedderCard, embed_batch
from catalog_jobs.catalog.indexing.here import ModelChoice
from catalog_jobs.catalog.indexing.parts import Embedded, Failure, Part
from infra.errors import ErrorCode, ReelwearError
from serve_app.loopback import LOOPBACK, prepare_environment
from serve_app.models.pictures import Image

# Parts of one pass over the cluster: what the driver holds, and what starting its actors is spread over.
PARTS_A_PASS: Final = 16_384
LOCAL: Final = "local"
OBJECT_STORE_BYTES: Final = 256 * 1024**2
CONNECT_TIMEOUT_S: Final = 5.0

Row = dict[str, Any]
Columns = dict[str, NDArray[Any]]


class OnRay:
    """A line over a cluster. actors: how many hold the model, each in one thread if the choice does not say otherwise.
    The card is of the model as it loads here.
    """

    via = "ray"

    def __init__(self, choice: ModelChoice, actors: int) -> None:
        self._choice = replace(choice, threads=choice.threads or 1)
        self._actors = actors
        self._card = choice.load().card

    @property
    def card(self) -> EmbedderCard:
        """What is told of the embedder."""
        return self._card

    def embed(self, parts: Iterable[Part]) -> Generator[tuple[Part, Embedded], None, None]:
        """Each part with its vector or why it has none, in their order."""
        rest = iter(parts)
        while some := list(islice(rest, PARTS_A_PASS)):
            yield from self._pass(some)

    def _pass(self, parts: list[Part]) -> Iterator[tuple[Part, Embedded]]:
        import ray.data

        given = ray.data.from_items([row_of(number, part) for number, part in enumerate(parts)])
        read = given.map(read_row)
        embedded = read.map_batches(
            Actor,
            fn_constructor_args=(self._choice,),
            batch_size=self._choice.batch,
            compute=ray.data.ActorPoolStrategy(size=self._actors),
        )
        for row in embedded.iter_rows():
            yield parts[int(row["number"])], result_of(row)


class Actor:
    """The model, in a process of its own."""

    def __init__(self, choice: ModelChoice) -> None:
        self._embedder = choice.load()

    def __call__(self, batch: Columns) -> Columns:
        """number, and the vector's bytes or why there is none, of each row."""
        rows = [{name: column[at] for name, column in batch.items()} for at in range(len(batch["number"]))]
        results = embed_batch(self._embedder, [given_of(row) for row in rows])
        failures = [one if isinstance(one, Failure) else Failure("", "") for one in results]
        vectors = [b"" if isinstance(one, Failure) else one.astype("<f4").tobytes() for one in results]
        return {
            "number": batch["number"],
            "vector": np.array(vectors, object),
            "reason": np.array([one.reason for one in failures], object),
            "message": np.array([one.message for one in failures], object),
        }


def row_of(number: int, part: Part) -> Row:
    """A part as it goes to the cluster: its words, or where its picture lies."""
    return {"number": number, "words": part.words, "box_path": str(part.box_path or "")}


def read_row(row: Row) -> Row:
    """The row with its picture read and put on grey: its pixels' bytes and their height, or why there are none."""
    crop = read_crop(Path(row["box_path"])) if row["box_path"] else str(row["words"])
    given = crop.on_grey() if isinstance(crop, MaskedCrop) else crop
    failure = given if isinstance(given, Failure) else Failure("", "")
    return {
        "number": row["number"],
        "words": row["words"],
        "pixels": given.tobytes() if isinstance(given, np.ndarray) else b"",
        "height": given.shape[0] if isinstance(given, np.ndarray) else 0,
        "reason": failure.reason,
        "message": failure.message,
    }


def given_of(row: Row) -> Image | str | Failure:
    """What the model is given of a row that was read."""
    if row["reason"]:
        return Failure(str(row["reason"]), str(row["message"]))
    if not row["height"]:
        return str(row["words"])
    return np.frombuffer(row["pixels"], np.uint8).reshape(int(row["height"]), -1, 3)


def result_of(row: Row) -> Embedded:
    """What came of a row."""
    if row["reason"]:
        return Failure(str(row["reason"]), str(row["message"]))
    return np.frombuffer(row["vector"], "<f4").astype(np.float32)


@contextmanager
def cluster(address: str) -> Iterator[int]:
    """Join the Ray cluster at an address, or with "local" one on 127.0.0.1 for as long as the block runs; how many
    actors fill it beside the tasks that read. Raises BAD_SETTING where Ray Data is missing or no cluster answers.
    """
    prepare_environment(os.environ)
    with TemporaryDirectory(prefix="reelwear-ray-") as folder:
        if address == LOCAL:
            os.environ |= locked(Path(folder))
        require_ray()
        import ray.data

        if address == LOCAL:
            start_local(Path(folder))
        else:
            join(address)
        context = ray.data.DataContext.get_current()
        context.execution_options.preserve_order = True
        context.enable_progress_bars = False
        try:
            yield max(1, int(ray.cluster_resources().get("CPU", 1)) - 1)  # type: ignore[no-untyped-call]
        finally:
            ray.shutdown()


def require_ray() -> None:
    """Raise BAD_SETTING where Ray Data is missing."""
    try:
        # Without the first Ray Data cannot be imported, and says so at length.
        import pyarrow  # type: ignore[import-untyped]  # noqa: F401
        import ray.data  # noqa: F401
    except ImportError as fault:
        message = f"--ray needs {fault.name}: pip install 'reelwear[jobs]'"
        raise ReelwearError(ErrorCode.BAD_SETTING, message) from fault


def locked(folder: Path) -> dict[str, str]:
    """What Ray has to find in the environment when it is imported, so that a cluster obeys this process alone."""
    token = folder / "token"
    token.touch(mode=0o600)
    token.write_text(secrets.token_hex())
    return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(token)}


def start_local(folder: Path) -> None:
    """A cluster of this machine's own on 127.0.0.1; its files go with the folder."""
    import ray

    ray.init(
        address="local",
        num_cpus=len(os.sched_getaffinity(0)),
        object_store_memory=OBJECT_STORE_BYTES,
        include_dashboard=False,
        log_to_driver=False,
        _node_ip_address=LOOPBACK,
        _temp_dir=str(folder),
    )


def join(address: str) -> None:
    """Join a cluster; raises BAD_SETTING where none answers, of which Ray itself is sure only after minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        if host and port.isdecimal():
            socket.create_connection((host, int(port)), CONNECT_TIMEOUT_S).close()
        import ray

        ray.init(address=address, log_to_driver=False)
    except (OSError, ValueError, RuntimeError) as fault:
        told = str(fault).strip().partition("\n")[0]
        message = f"no Ray cluster answers at {address} ({told}); give --ray local, or the address of one"
        raise ReelwearError(ErrorCode.BAD_SETTING, message) from fault

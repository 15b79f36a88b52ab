"""Batches of pictures over a Ray cluster: actors that hold the parser read, cut and write, the driver counts.

The pictures' folder must be one that every machine of the cluster sees under the same path.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from catalog_jobs.catalog.cropping.batch import Outcome, Task, cut_batch
from catalog_jobs.catalog.cropping.looking import ParserLooks
from catalog_jobs.catalog.cropping.options import CropOptions
from catalog_jobs.catalog.store import pages
from infra.errors import ErrorCode, ReelwearError

# Pictures of one pass over the cluster: what the driver holds, and what starting its actors is spread over.
PICTURES_A_PASS: Final = 16_384
TASKS: Final = TypeAdapter(list[Task])
OUTCOMES: Final = TypeAdapter(list[Outcome])

Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class OnRay:
    """Cuts on a cluster. actors: how many hold the parser, each in one thread."""

    actors: int

    def __call__(self, tasks: Iterable[Task], folder: Path, options: CropOptions) -> Iterator[list[Outcome]]:
        """The outcomes of all tasks, a batch after the other. Raises what stops a batch."""
        import ray.data

        for some in pages(tasks, PICTURES_A_PASS):
            batches = [{"tasks": TASKS.dump_json(batch).decode()} for batch in pages(some, options.batch)]
            blocks = min(len(batches), 4 * self.actors)
            cut = ray.data.from_items(batches, override_num_blocks=blocks).map_batches(
                Cutter,
                fn_constructor_args=(str(folder), options),
                batch_size=1,
                compute=ray.data.ActorPoolStrategy(size=self.actors),
            )
            for row in cut.iter_rows():
                yield outcomes_of(row)


class Cutter:
    """The parser, in a process of its own."""

    def __init__(self, folder: str, options: CropOptions) -> None:
        self._folder, self._options = Path(folder), options
        self._looks = ParserLooks(options.min_score, threads=1)

    def __call__(self, batch: Columns) -> Columns:
        """The outcomes of each row's tasks, or the code and the words of what stops the run."""
        rows = [self._cut(TASKS.validate_json(str(tasks))) for tasks in batch["tasks"]]
        return {name: np.array([row[name] for row in rows], object) for name in ("outcomes", "code", "message")}

    def _cut(self, tasks: list[Task]) -> dict[str, str]:
        try:
            outcomes = cut_batch(tasks, self._looks, self._folder, self._options)
        except ReelwearError as error:
            return {"outcomes": "[]", "code": error.code.name, "message": error.message}
        return {"outcomes": OUTCOMES.dump_json(outcomes).decode(), "code": "", "message": ""}


def outcomes_of(row: dict[str, Any]) -> list[Outcome]:
    """What came of a row; raises what stopped it."""
    if row["code"]:
        raise ReelwearError(ErrorCode[str(row["code"])], str(row["message"]))
    return OUTCOMES.validate_json(str(row["outcomes"]))

"""All pictures of a catalogue, cut in batches, several at once, in bounded memory."""

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from catalog_jobs.catalog.cropping.batch import Outcome, Task, cut_batch
from catalog_jobs.catalog.cropping.finds import Looks
from catalog_jobs.catalog.cropping.options import CropOptions, Where
from catalog_jobs.catalog.cropping.plan import tasks_in
from catalog_jobs.catalog.cropping.report import CropReport, Progress, Stopped, Tally
from catalog_jobs.catalog.fetching.catalogue import picture_count
from catalog_jobs.catalog.fetching.faults import DISK_FULL
from catalog_jobs.catalog.store import pages, products_in
from infra.errors import ErrorCode, ReelwearError
from infra.records.store import Records

# From tasks, the folder and options to the outcomes, a batch after the other.
Cut = Callable[[Iterable[Task], Path, CropOptions], Iterator[list[Outcome]]]
OnProgress = Callable[[Progress], None]

LOCK_FILE: Final = ".crop.lock"


def crop_catalog(
    records: Records,
    folder: Path,
    looks: Looks,
    ran: Where,
    options: CropOptions,
    on_progress: OnProgress = lambda _: None,
    product_id: str | None = None,
    cut: Cut | None = None,
) -> CropReport:
    """Cut the garment that is sold out of each picture in `folder`, of all products that are sold or of one.

    What is cut already is left as it is, so that a second run does what a first did not. An interrupt, a full disk and
    a model server that stops answering end the run with a report that says so. ran: where the models run. cut: what
    does the work instead of threads that ask `looks`; it must run the same model.
    Raises NOT_FOUND for an unknown product, and ALREADY_RUNNING.
    """
    require_product(records, product_id)
    tally = Tally(picture_count(records, product_id))
    tasks = tasks_in(records, folder, looks.model, options, tally, product_id)
    stopped = None
    with only_cropper(folder):
        try:
            for outcomes in cut(tasks, folder, options) if cut else cut_all(tasks, looks, folder, options):
                for outcome in outcomes:
                    tally.ended(outcome)
                on_progress(tally.progress)
        except KeyboardInterrupt:
            stopped = Stopped(code="interrupted", message="interrupted; run the crop again and it goes on from here")
        except ReelwearError as error:
            stopped = Stopped(code=error.code.code, message=error.message)
    return tally.report(str(folder), looks.model, ran, stopped)


def cut_all(tasks: Iterable[Task], looks: Looks, folder: Path, options: CropOptions) -> Iterator[list[Outcome]]:
    """The outcomes of all tasks, a batch after the other as they end; no more are begun than `at_once` asks for.

    Raises what a batch raises, after those under way have ended.
    """
    with ThreadPoolExecutor(options.at_once, thread_name_prefix="crop") as workers:
        running: set[Future[list[Outcome]]] = set()
        try:
            for batch in pages(tasks, options.batch):
                running.add(workers.submit(cut_batch, batch, looks, folder, options))
                if len(running) >= options.at_once:
                    ended, running = wait(running, return_when=FIRST_COMPLETED)
                    yield from _results_of(ended)
            yield from _results_of(wait(running).done)
        finally:
            workers.shutdown(wait=True, cancel_futures=True)


def _results_of(ended: Iterable[Future[list[Outcome]]]) -> Sequence[list[Outcome]]:
    return [one.result() for one in ended]


def require_product(records: Records, product_id: str | None) -> None:
    """Raise NOT_FOUND for a product that is not sold."""
    if product_id is not None and next(products_in(records, product_id=product_id), None) is None:
        message = f"no product that is sold has the id {product_id!r}; `reelwear catalog export` lists them"
        raise ReelwearError(ErrorCode.NOT_FOUND, message)


@contextmanager
def only_cropper(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, which ends with this process; raises ALREADY_RUNNING while another holds it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as fault:
        code = ErrorCode.DISK_FULL if fault.errno in DISK_FULL else ErrorCode.BAD_REQUEST
        message = f"{folder} cannot be written ({fault.strerror}); name another folder with --from"
        raise ReelwearError(code, message) from fault
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as fault:
        message = f"another crop writes to {folder}; wait for it, or name another folder with --from"
        raise ReelwearError(ErrorCode.ALREADY_RUNNING, message) from fault
    finally:
        os.close(handle)

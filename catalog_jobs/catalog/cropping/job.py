"""All pictures of a catalogue, cut in batches, several at once, in bounded memory."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from catalog_jobs.catalog.cropping.batch import Outcome, Task, cut_batch
from catalog_jobs.catalog.cropping.finds import Looks
from catalog_jobs.catalog.cropping.options import CropOptions, Where
from catalog_jobs.catalog.cropping.plan import tasks_in
from catalog_jobs.catalog.cropping.report import CropReport, Progress, Stopped, Tally
from catalog_jobs.catalog.fetching.catalogue import picture_count
from catalog_jobs.catalog.folder_lock import only_one
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


def only_cropper(folder: Path) -> AbstractContextManager[None]:
    """Hold the folder's lock; raises as `only_one` does."""
    other = "name another folder with --from"
    return only_one(folder, LOCK_FILE, f"another crop writes to {folder}; wait for it, or {other}", other)

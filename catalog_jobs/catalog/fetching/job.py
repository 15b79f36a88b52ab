"""All pictures of a catalogue: planned one after another, fetched many at once, in bounded memory."""

import asyncio
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sized
from itertools import count
from pathlib import Path
from typing import Final

from pydantic import JsonValue

from catalog_jobs.catalog.fetching.addresses import Resolve, resolve_name
from catalog_jobs.catalog.fetching.client import PictureClient
from catalog_jobs.catalog.fetching.content import Content
from catalog_jobs.catalog.fetching.faults import PictureFault, Reason, disk_faults_named
from catalog_jobs.catalog.fetching.hosts import Hosts
from catalog_jobs.catalog.fetching.layout import KeptPicture, Part, ProductFolder
from catalog_jobs.catalog.fetching.options import FetchOptions
from catalog_jobs.catalog.fetching.plan import Step, Task, plan
from catalog_jobs.catalog.fetching.receive import copy, receive
from catalog_jobs.catalog.fetching.report import FetchReport, Outcome, Progress, Stopped, Tally
from catalog_jobs.catalog.fetching.retries import delay_s
from catalog_jobs.catalog.folder_lock import only_one
from catalog_jobs.catalog.pictures import Picture
from infra.errors import ReelwearError

Details = Callable[[str], Mapping[str, JsonValue] | None]
OnProgress = Callable[[Progress], None]
OnHere = Callable[[Picture, KeptPicture], None]

LOCK_FILE: Final = ".fetch.lock"
# What a killed run may have to fetch again of a product with many pictures.
SAVE_EVERY_S: Final = 1.0
# An interrupt is heard only where the loop comes round; thousands of kept pictures would hold it up.
COME_ROUND_EVERY: Final = 64


def fetch_pictures(
    pictures: Iterable[Picture],
    folder: Path,
    options: FetchOptions | None = None,
    *,
    details: Details = lambda _: None,
    on_here: OnHere = lambda _picture, _kept: None,
    on_progress: OnProgress = lambda _: None,
    total: int | None = None,
    resolve: Resolve = resolve_name,
    rng: random.Random | None = None,
) -> FetchReport:
    """Bring pictures to `folder`, in the layout of `layout`, and say what came of each.

    pictures: best with those of a product together; each (product, number) once. details: what to write of a product
    into its product_info.json, asked when its first picture comes up; None keeps what is there. on_here: told of each
    picture that is here, whether it came now or before. What is here is not
    fetched again, so that a second run does what a first did not; an interrupt and a full disk end the run with a
    report that says so. Raises ALREADY_RUNNING, DISK_FULL, and BAD_REQUEST where the folder cannot be made.
    """
    chosen = options or FetchOptions()
    tally = Tally(len(pictures) if total is None and isinstance(pictures, Sized) else total)
    job = Job(folder, chosen, tally, details, on_here, on_progress, rng or random.SystemRandom())
    held = f"another fetch writes to {folder}; wait for it, or name another folder"
    with only_one(folder, LOCK_FILE, held, "name another folder"):
        stopped = _run(job, pictures, resolve)
    return tally.report(str(folder), stopped)


def _run(job: "Job", pictures: Iterable[Picture], resolve: Resolve) -> Stopped | None:
    try:
        asyncio.run(job.run(pictures, resolve))
    except KeyboardInterrupt:
        return Stopped(code="interrupted", message="interrupted; run the fetch again and it goes on from here")
    except ReelwearError as error:
        return Stopped(code=error.code.code, message=error.message)
    return None


class OpenProduct:
    """A product while pictures of it are under way. users: those, and the row that is read. numbers: URLs by number."""

    def __init__(self, product_id: str, folder: ProductFolder) -> None:
        self.product_id = product_id
        self.folder = folder
        self.users = 0
        self.numbers: dict[int, str] = {}
        self.under_way: set[int] = set()
        self._saved_s = time.monotonic()

    def save(self) -> None:
        """Write down what is known; raises as `disk_faults_named` does."""
        with disk_faults_named(self.folder.path):
            self.folder.save()
        self._saved_s = time.monotonic()

    def save_at_times(self) -> None:
        """Write it down if that was not done lately."""
        if time.monotonic() - self._saved_s > SAVE_EVERY_S:
            self.save()


class Job:
    """One run over a catalogue."""

    def __init__(
        self,
        folder: Path,
        options: FetchOptions,
        tally: Tally,
        details: Details,
        on_here: OnHere,
        on_progress: OnProgress,
        rng: random.Random,
    ) -> None:
        self._folder = folder
        self._options = options
        self._tally = tally
        self._details = details
        self._on_here = on_here
        self._on_progress = on_progress
        self._rng = rng
        self._open: dict[str, OpenProduct] = {}

    async def run(self, pictures: Iterable[Picture], resolve: Resolve = resolve_name) -> None:
        """Bring all of them; raises DISK_FULL, and what the iterable raises."""
        try:
            async with PictureClient(self._options, Hosts(self._options), resolve) as client:
                await self._bring_all(client, pictures)
        except ExceptionGroup as group:
            raise named_in(group) or group from group
        finally:
            for product in self._open.values():
                self._save(product)

    async def _bring_all(self, client: PictureClient, pictures: Iterable[Picture]) -> None:
        """Take up the pictures one by one; never more than the window are begun and not ended."""
        window = asyncio.Semaphore(self._options.window)

        def ended(_: object = None) -> None:
            window.release()
            self._on_progress(self._tally.progress)

        async with asyncio.TaskGroup() as group:
            current: OpenProduct | None = None
            for place, picture in enumerate(pictures):
                if place % COME_ROUND_EVERY == 0:
                    await asyncio.sleep(0)
                await window.acquire()
                try:
                    current = self._turn_to(picture, current)
                    task = self._planned(picture, current)
                except PictureFault as fault:
                    self._tally.failed(picture, fault)
                    task = None
                if task is None or current is None:
                    ended()
                    continue
                current.users += 1
                group.create_task(self._bring(client, task, current)).add_done_callback(ended)
            self._leave(current)

    def _turn_to(self, picture: Picture, current: OpenProduct | None) -> OpenProduct:
        """The open product of a picture. That of the last picture stays open until another's comes."""
        if current and current.product_id == picture.product_id:
            return current
        found = self._open.get(picture.product_id)
        if found is None:
            folder = ProductFolder(self._folder, picture.product_id, self._details(picture.product_id))
            found = self._open[picture.product_id] = OpenProduct(picture.product_id, folder)
        found.users += 1
        self._leave(current)
        return found

    def _planned(self, picture: Picture, product: OpenProduct) -> Task | None:
        """The way of a picture, or None where it is here or on its way."""
        earlier = product.numbers.setdefault(picture.number, picture.url)
        if earlier != picture.url:
            raise PictureFault(Reason.NUMBER_TAKEN, f"number {picture.number} of the product is {earlier} already")
        known = product.folder.known(picture.number)
        task = plan(picture, known, self._options.is_asking_again)
        if task.step is Step.KEEP or picture.number in product.under_way:
            self._tally.came(picture, Outcome.KEPT)
            if known:
                self._on_here(picture, known)
            return None
        product.under_way.add(picture.number)
        return task

    async def _bring(self, client: PictureClient, task: Task, product: OpenProduct) -> None:
        """Carry out one task and take note of its end."""
        try:
            with disk_faults_named(product.folder.path):
                await self._carry_out(client, task, product.folder)
            product.save_at_times()
        except PictureFault as fault:
            self._tally.failed(task.picture, fault)
        finally:
            product.under_way.discard(task.picture.number)
            self._leave(product)

    async def _carry_out(self, client: PictureClient, task: Task, folder: ProductFolder) -> None:
        """Attempt it until it is done; what came of a picture that may come whole another time is left in its part."""
        picture, url = task.picture, task.picture.url.strip()
        part = folder.part(picture.number)
        try:
            came = await self._tried(client, task, part)
        except asyncio.CancelledError:
            part.keep()
            raise
        except PictureFault as fault:
            if fault.is_retryable or not fault.was_tried:
                part.keep()
            else:
                part.drop()
            raise
        if came is None and task.known:
            self._tally.came(picture, Outcome.UNCHANGED)
            self._on_here(picture, task.known)
        if came is None:
            return
        content, told = came
        kept = await asyncio.to_thread(folder.settle, picture.number, url, part, content, told)
        folder.know(kept)
        outcome = Outcome.COPIED if task.step is Step.COPY else Outcome.FETCHED
        self._tally.came(picture, outcome, kept.size_bytes, content.notes)
        self._on_here(picture, kept)

    async def _tried(self, client: PictureClient, task: Task, part: Part) -> tuple[Content, Mapping[str, str]] | None:
        """What the last attempt brought, None where the server says that nothing changed."""
        if task.source:
            return copy(task.source, part, self._options), {"etag": task.stamp}
        url, known = task.picture.url.strip(), task.known
        for attempt in count(1):
            try:
                return await receive(client, url, known, part, self._options)
            except PictureFault as fault:
                fault.attempts = attempt if fault.was_tried else attempt - 1
                if not fault.is_retryable or attempt >= self._options.attempts:
                    raise
                wait_s = 0.0 if fault.retry_after_s else delay_s(attempt, self._options, self._rng)
            await asyncio.sleep(wait_s)
        raise AssertionError("unreachable: the loop above has no end of its own")

    def _leave(self, product: OpenProduct | None) -> None:
        """Close a product behind its last user."""
        if product is None:
            return
        product.users -= 1
        if product.users == 0:
            self._open.pop(product.product_id, None)
            self._save(product)

    def _save(self, product: OpenProduct) -> None:
        try:
            product.save()
        except PictureFault as fault:
            self._tally.noted(product.product_id, fault.message)


def named_in(group: ExceptionGroup[Exception]) -> ReelwearError | None:
    """The first error of the house in a group, or in a group in it."""
    for one in group.exceptions:
        found = named_in(one) if isinstance(one, ExceptionGroup) else one
        if isinstance(found, ReelwearError):
            return found
    return None

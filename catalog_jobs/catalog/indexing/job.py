"""The catalogue's index brought up to date: planned, embedded and written, so that it can be stopped at any time."""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Final, Protocol

from catalog_jobs.catalog.folder_lock import only_one
from catalog_jobs.catalog.indexing.embedding import EmbedderCard
from catalog_jobs.catalog.indexing.index_row import begin_index, expected_parts, finish_index, let_retired_go
from catalog_jobs.catalog.indexing.pages import PARTS_A_PAGE, Pages
from catalog_jobs.catalog.indexing.parts import Embedded, Failure, Part
from catalog_jobs.catalog.indexing.products import sold_products
from catalog_jobs.catalog.indexing.report import IndexReport, Progress, Stopped, Tally
from infra.errors import ErrorCode, ReelwearError
from infra.records.store import Records
from serve_app.errors import ModelServerError

LOCK_FILE: Final = ".index.lock"
NOT_NOW: Final = Failure("not_now", "only what was embedded is noted")

OnProgress = Callable[[Progress], None]


class Line(Protocol):
    """A way of parts through an embedder. via: its name in reports."""

    via: str

    @property
    def card(self) -> EmbedderCard: ...

    def embed(self, parts: Iterator[Part]) -> Generator[tuple[Part, Embedded], None, None]:
        """Each part with its vector or why it has none; asks for parts as it needs them."""
        ...


def index_catalog(
    records: Records,
    folder: Path,
    line: Line,
    on_progress: OnProgress = lambda _: None,
    page_parts: int = PARTS_A_PAGE,
) -> IndexReport:
    """Give every part of the sold products its row, as far as its text or picture can be embedded.

    folder: of the pictures and what was cut out of them. page_parts: what is written at once, and so what a killed run
    loses at most. Nothing is embedded twice: what has a row of the same source
    keeps it. Rows are written a page of products at a time, so that a run that was stopped is gone on with by the next,
    with the same rows in the end. An interrupt, a full disk and a model server that is gone end the run with a report
    that says so.
    """
    card = line.card
    is_noting = begin_index(records, card)
    let_retired_go(records, card.embedder)
    tally = Tally(expected_parts(records, card.embedder, card.has_texts))
    pages = Pages(records, card.embedder, is_noting, tally, page_parts)
    stopped: Stopped | None = None
    counts: Mapping[str, int] = {}
    try:
        parts = pages.parts(sold_products(records, folder, card.has_texts, tally))
        with closing(line.embed(parts)) as embedded:
            for part, result in embedded:
                pages.take(part, result)
                pages.write_whole()
                on_progress(tally.progress)
        pages.write_whole(is_end=True)
        stopped = _nothing_came(tally)
        counts = finish_index(records, card.embedder) if stopped is None else {}
    except KeyboardInterrupt:
        stopped = Stopped(code="interrupted", message="interrupted; run the command again and it goes on from here")
    except ReelwearError as error:
        stopped = Stopped(code=error.code.code, message=error.message)
    except ModelServerError as fault:
        code = ErrorCode.MODEL_SERVER_DOWN if fault.is_retryable else ErrorCode.MODEL_REFUSED
        stopped = Stopped(code=code.code, message=f"{fault.message}; run the command again and it goes on from here")
    return tally.report(card.embedder, line.via, card.has_texts, counts, stopped)


def note_embedded(records: Records, folder: Path, card: EmbedderCard) -> None:
    """Note of products and pictures what the index of an embedder has of them, once it has become the live one."""
    tally = Tally(0)
    pages = Pages(records, card.embedder, True, tally)
    for part in pages.parts(sold_products(records, folder, card.has_texts, tally)):
        pages.take(part, NOT_NOW)
        pages.write_whole()
    pages.write_whole(is_end=True)


def only_indexer(folder: Path) -> AbstractContextManager[None]:
    """Hold the lock of a catalogue; raises as `only_one` does."""
    held = f"another `reelwear catalog index` works on {folder}; wait for it"
    return only_one(folder, LOCK_FILE, held, "name another folder with --data")


def _nothing_came(tally: Tally) -> Stopped | None:
    """An index of which every part failed shall not take over."""
    if not tally.reasons or tally.embedded or tally.kept:
        return None
    return Stopped(code="nothing_embedded", message="every part failed; the reasons are below")

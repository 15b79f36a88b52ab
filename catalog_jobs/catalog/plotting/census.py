"""Which embedder has how many vectors of what, and which of them a plot is of."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog_jobs.catalog.plotting.options import SUBJECT_OF, Kind
from infra.errors import ErrorCode, ReelwearError
from infra.records.tables import CatalogIndex, ItemRow, KeyframeRow, ProductVectorRow, Run

ENDED: Final = ("ready", "partial")
SAID_BY_KIND: Final = {"image": Kind.PRODUCT, "text": Kind.TEXT}
HOW_TO_MAKE: Final = {
    Kind.PRODUCT: "`reelwear catalog index` makes those of products",
    Kind.TEXT: "`reelwear catalog index` makes those of texts",
    Kind.ITEM: "`reelwear drop` a reel for items",
    Kind.FRAME: "`reelwear drop` a reel for frames",
    Kind.VIDEO: "`reelwear drop` a reel for videos",
}


@dataclass(frozen=True)
class Census:
    """counts: vectors by kind and embedder. live: the embedder of the live catalogue. seen: when each embedder was
    last seen at work. runs: the run of each video that is shown, with its embedder.
    """

    counts: Mapping[tuple[Kind, str], int]
    live: str | None
    seen: Mapping[str, datetime]
    runs: Mapping[str, str]

    def of(self, kinds: Sequence[Kind]) -> dict[str, int]:
        """How many vectors of some kinds each embedder has, the most first."""
        total: Counter[str] = Counter()
        for (kind, embedder), count in self.counts.items():
            if kind in kinds and count:
                total[embedder] += count
        return dict(sorted(total.items(), key=lambda row: (-row[1], row[0])))


def take_census(session: Session) -> Census:
    """Count all vectors; nothing of them is read."""
    runs = shown_runs(session)
    counts: Counter[tuple[Kind, str]] = Counter()
    seen: dict[str, datetime] = {}
    vectors = select(
        ProductVectorRow.embedder, ProductVectorRow.kind, func.count(), func.max(ProductVectorRow.updated_at)
    )
    vectors = vectors.where(ProductVectorRow.state != "leaving")
    for embedder, kind, count, last in session.execute(
        vectors.group_by(ProductVectorRow.embedder, ProductVectorRow.kind)
    ):
        if kind in SAID_BY_KIND:
            counts[SAID_BY_KIND[kind], embedder] += count
            seen[embedder] = max(last, seen.get(embedder, last))
    for kind, table in ((Kind.ITEM, ItemRow), (Kind.FRAME, KeyframeRow), (Kind.VIDEO, Run)):
        rows = select(table.run_id, func.count()).where(table.vector.is_not(None)).group_by(table.run_id)
        for run_id, count in session.execute(rows):
            if run_id in runs:
                counts[kind, runs[run_id].embedder] += count
    for run in runs.values():
        seen[run.embedder] = max(run.started_at, seen.get(run.embedder, run.started_at))
    live = None
    for index in session.scalars(select(CatalogIndex)):
        seen[index.embedder] = max(index.started_at, seen.get(index.embedder, index.started_at))
        live = index.embedder if index.state == "live" else live
    return Census(counts, live, seen, {run_id: run.embedder for run_id, run in runs.items()})


@dataclass(frozen=True)
class ShownRun:
    """A run that stands for its video."""

    embedder: str
    started_at: datetime


def shown_runs(session: Session) -> dict[str, ShownRun]:
    """The latest run of each video that ended well, else the latest; by its id, where its embedder is known."""
    latest: dict[str, tuple[bool, datetime, str, str]] = {}
    for row in session.execute(select(Run.run_id, Run.video_id, Run.state, Run.started_at, Run.models)):
        found = (row.state in ENDED, row.started_at, row.run_id, row.models.get("embedder", ""))
        if row.video_id not in latest or found > latest[row.video_id]:
            latest[row.video_id] = found
    return {run_id: ShownRun(embedder, began) for _, began, run_id, embedder in latest.values() if embedder}


def chosen_embedder(census: Census, kinds: Sequence[Kind], asked: str | None = None) -> str:
    """The embedder that is asked for, else the live one, else the one that was last at work, of those that have
    vectors of these kinds. Raises NOT_FOUND, saying what there is, where there are none.
    """
    found = census.of(kinds)
    if asked is not None:
        if asked not in found:
            there = _listed(found) or "none"
            message = f"{asked} has no vectors of {_names(kinds)}; there are: {there}"
            raise ReelwearError(ErrorCode.NOT_FOUND, message)
        return asked
    if not found:
        raise ReelwearError(ErrorCode.NOT_FOUND, _nothing(census, kinds))
    if census.live in found:
        return census.live
    return max(found, key=lambda embedder: (census.seen[embedder], embedder))


def _nothing(census: Census, kinds: Sequence[Kind]) -> str:
    ways = list(dict.fromkeys(HOW_TO_MAKE[kind] for kind in kinds))
    message = f"there are no vectors of {_names(kinds)} yet: {'; '.join(ways)}"
    others = {kind: sum(census.of((kind,)).values()) for kind in Kind if kind not in kinds}
    there = [f"--of {SUBJECT_OF[kind]} ({count:,})" for kind, count in others.items() if count]
    return f"{message}; there are {', '.join(there)}" if there else message


def _names(kinds: Sequence[Kind]) -> str:
    return " or ".join(SUBJECT_OF[kind].value for kind in kinds) if len(kinds) < len(Kind) else "anything"


def _listed(found: Mapping[str, int]) -> str:
    return ", ".join(f"{embedder} ({count:,})" for embedder, count in found.items())

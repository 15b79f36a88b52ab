"""Stored videos compared with the catalogue again: their vectors are in the records, so no model is asked."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import Session

from functions.batch import named
from functions.catalog.candidates import LiveCatalog, live_catalog
from functions.catalog.matches import Matched, match_rows, match_with, sought_row
from functions.catalog.rematched import RematchReport, UnmatchedVideo
from functions.document import MatchType
from functions.events import STAGE_ENDED, RunEvent
from functions.indexing import video_of
from functions.publish_result import digest_of
from functions.results import document_of
from functions.runs import is_latest
from functions.services import Services
from infra.errors import ErrorCode, ReelwearError
from infra.records.outbox import emit
from infra.records.tables import ItemRow, MatchRow, Run, Stage, Video

embedder_of_run = Run.models["embedder"].as_string()
RETRIES_A_ROUND = 100
NO_CATALOG = "no catalogue is live; `reelwear catalog index` makes one of what was imported"
# What a later attempt at another video would meet as well.
OUTAGES = (ErrorCode.STORE_DOWN, ErrorCode.DISK_FULL)


@dataclass(frozen=True)
class _Held:
    """A run with its items as they were when they were read; attempt: of the stage that found them."""

    run_id: str
    video_id: str
    embedder: str | None
    attempt: int
    items: Sequence[ItemRow]


def rematch_runs(
    services: Services,
    video_id: str | None = None,
    is_forced: bool = False,
    after: str = "",
    limit: int | None = None,
) -> RematchReport:
    """Compare the latest run of each video, or of one, with the live catalogue unless that was done already.

    is_forced: also where it was done. Documents that show anything else then are published anew. Safe to break off and
    to repeat: each run is one transaction. With a limit so many runs are compared, those after the run `after`; the
    report says where to go on. Raises NOT_FOUND for an unknown video, STORE_DOWN where a store is away.
    """
    catalog = live_catalog(services.records)
    with services.records.transaction() as session:
        if video_id is not None and session.get(Video, video_id) is None:
            message = f"video {video_id} is not known; `reelwear list` shows what is"
            raise ReelwearError(ErrorCode.NOT_FOUND, message)
        if catalog is None:
            return RematchReport(warning=NO_CATALOG)
        comparable = _tagged(video_id), embedder_of_run == catalog.embedder
        wanted = _wanted(catalog, is_forced)
        page = select(Run.run_id).where(*comparable, wanted, Run.run_id > after).order_by(Run.run_id)
        run_ids = list(session.scalars(page if limit is None else page.limit(limit)))
        left = _count(session, *comparable, wanted, Run.run_id > after) - len(run_ids)
        current = _count(session, *comparable, ~wanted)
        outdated = _outdated(session, catalog, video_id)
    report = _rematch_each(services, catalog, run_ids)
    return report.model_copy(
        update={
            "current": current,
            "outdated": outdated,
            "warning": _warning(outdated, catalog.embedder),
            "left": left,
            "next": run_ids[-1] if left else None,
        }
    )


def retry_failed_matches(services: Services) -> int:
    """Compare the runs again that could not be when they were tagged, as long as the stores answer; returns how many
    were. Where no catalogue of their embedder is live any more, they are as whole as they can be.
    """
    failed = select(Run.run_id).where(Run.match_error.is_not(None), _tagged(None)).order_by(Run.updated_at)
    with services.records.transaction() as session:
        run_ids = list(session.scalars(failed.limit(RETRIES_A_ROUND)))
    if not run_ids:
        return 0
    catalog = live_catalog(services.records)
    return _rematch_each(services, catalog, run_ids).videos


def _rematch_each(services: Services, catalog: LiveCatalog | None, run_ids: Sequence[str]) -> RematchReport:
    videos = changed = 0
    garments: Counter[MatchType] = Counter()
    failed: list[UnmatchedVideo] = []
    for run_id in run_ids:
        try:
            found = _rematch(services, catalog, run_id)
        except Exception as fault:  # one video never takes the others with it; what all would meet ends the round
            error = named(fault)
            if error.code in OUTAGES:
                raise error from fault
            failed.append(UnmatchedVideo(video_id=video_of(run_id), code=error.code.code, message=error.message))
            continue
        if found is not None:
            videos += 1
            changed += found.is_changed
            garments.update(found.types)
    return RematchReport(
        catalog=catalog.name if catalog else None,
        videos=videos,
        changed=changed,
        garments=dict(garments),
        failed=tuple(failed),
    )


@dataclass(frozen=True)
class _Outcome:
    is_changed: bool
    types: Sequence[MatchType]


def _rematch(services: Services, catalog: LiveCatalog | None, run_id: str) -> _Outcome | None:
    """One run; None where it is gone, or its items are being found anew, which matches them too."""
    held = _read(services, run_id)
    if held is None:
        return None
    items = [sought_row(row) for row in held.items]
    if catalog is None or catalog.embedder != held.embedder:
        return _write(services, held, Matched(None, ((),) * len(items)))
    return _write(services, held, match_with(services, catalog, items))


def _read(services: Services, run_id: str) -> _Held | None:
    with services.records.transaction() as session:
        stage, run = session.get(Stage, (run_id, "tag")), session.get(Run, run_id)
        if run is None or stage is None or stage.state != "done":
            return None
        rows = session.scalars(select(ItemRow).where(ItemRow.run_id == run_id).order_by(ItemRow.item_id))
        return _Held(run_id, run.video_id, run.models.get("embedder"), stage.attempt, list(rows))


def _write(services: Services, held: _Held, matched: Matched) -> _Outcome | None:
    """Put the matches in the place of the former ones, unless the items were found anew meanwhile."""
    records = services.records
    with records.transaction() as session:
        run, stage = session.get(Run, held.run_id), session.get(Stage, (held.run_id, "tag"))
        if run is None or stage is None or (stage.attempt, stage.state) != (held.attempt, "done"):
            return None
        session.execute(delete(MatchRow).where(MatchRow.run_id == held.run_id))
        for row, products in zip(held.items, matched.products, strict=True):
            session.add_all(match_rows(held.run_id, row.item_id, products))
        run.matched_with, run.match_error = matched.catalog, None
        session.flush()
        is_changed = _differs(session, run)
        if is_changed:
            emit(session, records, STAGE_ENDED, RunEvent(held.run_id, held.video_id, "tag").body())
    types: list[MatchType] = [products[0].match_type if products else "none" for products in matched.products]
    return _Outcome(is_changed, types)


def _differs(session: Session, run: Run) -> bool:
    """Whether a published run would be published with other words now; one that was not will be anyway."""
    if run.result_digest is None:
        return False
    document = document_of(session, run, is_published=True)
    return document is not None and digest_of(document) != run.result_digest


def _tagged(video_id: str | None) -> ColumnElement[bool]:
    is_done = (
        select(Stage.run_id).where(Stage.run_id == Run.run_id, Stage.name == "tag", Stage.state == "done").exists()
    )
    known = is_latest() & is_done
    return known if video_id is None else known & (Run.video_id == video_id)


def _wanted(catalog: LiveCatalog, is_forced: bool) -> ColumnElement[bool]:
    if is_forced:
        return Run.run_id.is_not(None)
    return or_(Run.matched_with.is_(None), Run.matched_with != catalog.name, Run.match_error.is_not(None))


def _outdated(session: Session, catalog: LiveCatalog, video_id: str | None) -> dict[str, int]:
    """How many videos, of those with anything to compare, other embedders described."""
    has_vectors = select(ItemRow.item_id).where(ItemRow.run_id == Run.run_id, ItemRow.vector.is_not(None)).exists()
    others = select(embedder_of_run, func.count()).where(_tagged(video_id), embedder_of_run != catalog.embedder)
    others = others.where(has_vectors)
    return {row[0]: row[1] for row in session.execute(others.group_by(embedder_of_run))}


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Run).where(*conditions)) or 0


def _warning(outdated: dict[str, int], embedder: str) -> str | None:
    if not outdated:
        return None
    videos = sum(outdated.values())
    said = "video was" if videos == 1 else "videos were"
    return (
        f"{videos} {said} described by {', '.join(sorted(outdated))} and cannot be compared with a catalogue of "
        f"{embedder}; run that embedder and `reelwear catalog index`, or `reelwear rm` the videos and drop them again"
    )

"""The result document of a run, put together from the records."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from functions.catalog.shown import alternatives_of
from functions.document import (
    Alternative,
    AttributeEntry,
    ColorEntry,
    DocumentError,
    KeyframeEntry,
    Pipeline,
    ProductRow,
    ResultDocument,
    SightingEntry,
    Source,
    Span,
    State,
    VibeEntry,
)
from functions.runs import ENDED, stages_of
from functions.uploads import uploads_of
from infra.records.tables import ItemRow, KeyframeRow, Run, SightingRow, Stage, Upload, VibeRow, Video

WORKING_STAGES = ("split", "tag", "vibe")


def document_of(session: Session, run: Run, is_published: bool = False) -> ResultDocument | None:
    """The document of a run as the records stand; None where no upload holds its video any more.

    Until it is published it says `processing`; `is_published` is for the publisher, who makes it true.
    """
    held = uploads_of(session, run.video_id)
    if not held:
        return None
    video = session.get_one(Video, run.video_id)
    stages = stages_of(session, run.run_id)
    state = state_of(stages, run.match_error) if is_published or stages["publish"].state == "done" else "processing"
    return ResultDocument(
        video_id=run.video_id,
        state=state,
        error=error_of(stages, run.match_error) if state in ("failed", "partial") else None,
        source=source_of(held[0]),
        duration_s=video.duration_s,
        width=video.width,
        height=video.height,
        fps=video.fps,
        caption=run.caption,
        hashtags=tuple(run.hashtags),
        keyframes=keyframes_of(session, run.run_id),
        vibes=vibes_of(session, run.run_id),
        products=products_of(session, run.run_id),
        pipeline=Pipeline(id=run.pipeline_id, models=run.models),
        timings_s={name: seconds(stages[name]) for name in WORKING_STAGES if stages[name].finished_at},
    )


def state_of(stages: dict[str, Stage], match_error: str | None = None) -> State:
    """What the stages amount to: without frames or garments a video has failed; without a vibe, or where its garments
    could not be compared with the catalogue, it is partial.
    """
    if "failed" in (stages["split"].state, stages["tag"].state):
        return "failed"
    if any(stages[name].state not in ENDED for name in WORKING_STAGES):
        return "processing"
    return "partial" if stages["vibe"].state == "failed" or match_error else "ready"


def error_of(stages: dict[str, Stage], match_error: str | None = None) -> DocumentError | None:
    """The first failure in the order of the stages; last what kept garments from being matched, which mends itself."""
    for name in WORKING_STAGES:
        stage = stages[name]
        if stage.state == "failed":
            return DocumentError(stage=name, code=stage.error_code or "internal", message=stage.error_message or "")
    if match_error:
        code, _, message = match_error.partition(": ")
        return DocumentError(stage="match", code=code, message=message)
    return None


def seconds(stage: Stage) -> float:
    """How long the last attempt of a stage took."""
    if stage.started_at is None or stage.finished_at is None:
        return 0.0
    return round(max(0.0, (stage.finished_at - stage.started_at).total_seconds()), 3)


def source_of(upload: Upload) -> Source:
    """Where the bytes lie."""
    return Source(
        bucket=upload.bucket,
        key=upload.key,
        etag=upload.etag,
        size_bytes=upload.size_bytes,
        content_type=upload.content_type,
    )


def keyframes_of(session: Session, run_id: str) -> tuple[KeyframeEntry, ...]:
    """The keyframes of a run in the order of time."""
    rows = session.scalars(select(KeyframeRow).where(KeyframeRow.run_id == run_id).order_by(KeyframeRow.index))
    return tuple(
        KeyframeEntry(
            index=row.index,
            time_s=row.time_s,
            shot=Span(start_s=row.shot_start_s, end_s=row.shot_end_s),
            url=row.key,
        )
        for row in rows
    )


def vibes_of(session: Session, run_id: str) -> tuple[VibeEntry, ...]:
    """The vibes of a run, the surest first."""
    rows = select(VibeRow).where(VibeRow.run_id == run_id).order_by(VibeRow.confidence.desc(), VibeRow.name)
    return tuple(
        VibeEntry(name=row.name, confidence=row.confidence, evidence=tuple(row.evidence))
        for row in session.scalars(rows)
    )


def products_of(session: Session, run_id: str) -> tuple[ProductRow, ...]:
    """One row a garment, in the order of its first appearance."""
    seen: dict[str, list[SightingRow]] = {}
    for sighting in session.scalars(
        select(SightingRow).where(SightingRow.run_id == run_id).order_by(SightingRow.keyframe)
    ):
        seen.setdefault(sighting.item_id, []).append(sighting)
    rows = session.scalars(select(ItemRow).where(ItemRow.run_id == run_id).order_by(ItemRow.item_id))
    near = alternatives_of(session, [run_id])
    return tuple(product_of(row, seen.get(row.item_id, []), near.get((run_id, row.item_id), ())) for row in rows)


def product_of(row: ItemRow, sightings: Sequence[SightingRow], alternatives: Sequence[Alternative] = ()) -> ProductRow:
    """One garment as the document shows it, with the products that came nearest, the best first."""
    best = alternatives[0] if alternatives and alternatives[0].match_type != "none" else None
    color = None
    if row.color_name and row.color_hex:
        color = ColorEntry(name=row.color_name, hex=row.color_hex, share=row.color_share or 0.0)
    return ProductRow(
        item_id=row.item_id,
        type=row.type,
        color=color,
        attributes={name: AttributeEntry.model_validate(entry) for name, entry in row.attributes.items()},
        confidence=row.confidence,
        segments=tuple(Span(start_s=start_s, end_s=end_s) for start_s, end_s in row.segments),
        sightings=tuple(
            SightingEntry(
                keyframe=seen.keyframe, box=(seen.box[0], seen.box[1], seen.box[2], seen.box[3]), score=seen.score
            )
            for seen in sightings
        ),
        crop_url=row.crop_key,
        match_type=best.match_type if best else "none",
        matched_product_id=best.product_id if best else None,
        match_score=best.score if best else None,
        alternatives=tuple(alternatives),
    )

"""A video was split: find the garments in its keyframes and make them into items."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import structlog
from numpy.typing import NDArray
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from functions import runs
from functions.batch import BatchResponse, Context, SqsEvent, process_batch
from functions.catalog.matches import Matched, match_items, match_rows, sought_item
from functions.events import STAGE_ENDED, RunEvent, run_event
from functions.indexing import index_pending
from functions.keys import crop_key, crops_prefix, masked_crop_key
from functions.model_calls import cutoffs_of, read_frames
from functions.services import Services, lambda_services
from functions.tagging.items import Item, SeenFrame, find_items, segments
from infra.errors import ErrorCode, ReelwearError
from infra.records.outbox import emit
from infra.records.tables import ItemRow, KeyframeRow, Run, SightingRow
from serve_app.contract import FrameResult, decode_vector

FRAMES_A_REQUEST = 8
LARGEST_KEYFRAME_BYTES = 16 * 1024**2
UPLOADS_AT_ONCE = 4

log = structlog.get_logger()


def handler(event: SqsEvent, context: Context | None = None, services: Services | None = None) -> BatchResponse:
    """Lambda's entry: a batch of runs whose keyframes are stored."""
    return process_batch(event, context, partial(tag_run, services or lambda_services()))


def tag_run(services: Services, body: str, attempt: int) -> None:
    """Turn the keyframes of a run into items, once."""
    event = run_event(body)
    claim = runs.claim(services.records, event.run_id, "tag")
    if claim is None:
        return
    with runs.recording(services.records, claim, attempt, services.settings.bus):
        keyframes = keyframes_of(services, claim.run_id)
        seen = look(services, keyframes)
        cutoffs = cutoffs_of(services.models, seen.models["embedder"]) if seen.models else {}
        items = find_items(seen_frames(keyframes, seen), services.settings.tagging, cutoffs)
        matched = match_items(services, seen.models.get("embedder"), [sought_item(item) for item in items])
        store(services, claim, [with_returns(item, keyframes) for item in items], seen, matched)


def keyframes_of(services: Services, run_id: str) -> list[KeyframeRow]:
    """The keyframes of a run in the order of time."""
    with services.records.transaction() as session:
        return list(
            session.scalars(select(KeyframeRow).where(KeyframeRow.run_id == run_id).order_by(KeyframeRow.index))
        )


@dataclass(frozen=True)
class Seen:
    """The stored pictures of a run's keyframes, what the models say of each, and which models."""

    jpegs: list[bytes]
    results: list[FrameResult]
    models: dict[str, str]


def look(services: Services, keyframes: Sequence[KeyframeRow]) -> Seen:
    """Fetch the keyframes and show them to the models, some at a time."""
    seen = Seen([], [], {})
    with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
        for start in range(0, len(keyframes), FRAMES_A_REQUEST):
            part = keyframes[start : start + FRAMES_A_REQUEST]
            pictures = list(pool.map(lambda row: services.bucket.get(row.key, LARGEST_KEYFRAME_BYTES), part))
            answer = read_frames(services.models, pictures, services.settings.tagging.min_detection_score)
            seen.jpegs.extend(pictures)
            seen.results.extend(answer.frames)
            seen.models.update(answer.models)
    return seen


def seen_frames(keyframes: Sequence[KeyframeRow], seen: Seen) -> list[SeenFrame]:
    """Keyframes with what was seen in them."""
    return [
        SeenFrame(row.index, row.time_s, row.shot_start_s, row.shot_end_s, jpeg, result.detections)
        for row, jpeg, result in zip(keyframes, seen.jpegs, seen.results, strict=True)
    ]


def with_returns(item: Item, keyframes: Sequence[KeyframeRow]) -> Item:
    """The item, present also where a keyframe that shows it comes back."""
    seen = {sighting.keyframe for sighting in item.sightings}
    returns = [(start_s, end_s) for row in keyframes if row.index in seen for start_s, end_s in row.returns]
    return replace(item, segments=segments([*item.segments, *returns])) if returns else item


def mean_vector(results: Sequence[FrameResult]) -> NDArray[np.float32] | None:
    """The look of a video: the mean direction of its frames' vectors; None without any."""
    vectors = [decode_vector(result.vector) for result in results if result.vector is not None]
    if not vectors:
        return None
    mean = np.mean(vectors, axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)


def store(services: Services, claim: runs.Claim, items: Sequence[Item], seen: Seen, matched: Matched) -> None:
    """Put the crops into the bucket, then write the items and what they match down and hand the run on; the vectors of
    items follow their rows.
    """
    put_crops(services, claim.video_id, items)
    vector = mean_vector(seen.results)
    measures = {"keyframes": float(len(seen.jpegs)), "items": float(len(items))}
    try:
        with runs.finishing(services.records, claim, measures) as session:
            session.execute(delete(ItemRow).where(ItemRow.run_id == claim.run_id))
            for (item_id, item), products in zip(numbered(items), matched.products, strict=True):
                session.add(item_row(claim, item_id, item))
                session.flush()
                session.add_all(sighting_rows(claim.run_id, item_id, item))
                session.add_all(match_rows(claim.run_id, item_id, products))
            keep_frame_vectors(session, claim.run_id, seen.results)
            run = session.get_one(Run, claim.run_id)
            run.models = {**run.models, **seen.models}
            run.matched_with, run.match_error = matched.catalog, matched.error
            run.vector = None if vector is None else vector.astype("<f4").tobytes()
            run.vector_state = "none" if vector is None else "pending"
            emit(session, services.records, STAGE_ENDED, RunEvent(claim.run_id, claim.video_id, "tag").body())
    except runs.SupersededError:
        discard_if_unwanted(services, claim)
        return
    index(services, claim.run_id)


def index(services: Services, run_id: str) -> None:
    """Store the vectors of a run that is written down; where the vector store is away they wait for it, and the result
    does not.
    """
    try:
        index_pending(services, run_id)
    except ReelwearError as error:
        if error.code is not ErrorCode.STORE_DOWN:
            raise
        log.warning("vectors wait to be stored", run_id=run_id, reason=error.message)


def keep_frame_vectors(session: Session, run_id: str, results: Sequence[FrameResult]) -> None:
    """Write down what the embedder makes of each keyframe, the results in the order of time."""
    rows = session.scalars(select(KeyframeRow).where(KeyframeRow.run_id == run_id).order_by(KeyframeRow.index))
    for row, result in zip(rows, results, strict=True):
        row.vector = None if result.vector is None else decode_vector(result.vector).astype("<f4").tobytes()


def numbered(items: Sequence[Item]) -> list[tuple[str, Item]]:
    """Items with their ids, which count from 001 in the order of `find_items`, so that a retry gives the same."""
    return [(f"{number:03d}", item) for number, item in enumerate(items, 1)]


def put_crops(services: Services, video_id: str, items: Sequence[Item]) -> None:
    """Store the plain and the masked crop of each item."""
    pictures = [
        picture
        for item_id, item in numbered(items)
        for picture in (
            (crop_key(video_id, item_id), item.crop_jpeg, "image/jpeg"),
            (masked_crop_key(video_id, item_id), item.masked_png, "image/png"),
        )
    ]
    with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
        list(pool.map(lambda picture: services.bucket.put(*picture), pictures))


def item_row(claim: runs.Claim, item_id: str, item: Item) -> ItemRow:
    """An item as it is written down."""
    color = item.color
    return ItemRow(
        run_id=claim.run_id,
        item_id=item_id,
        type=item.type,
        color_name=color.name if color else None,
        color_basic=color.basic if color else None,
        color_hex=color.hex if color else None,
        color_share=color.share if color else None,
        confidence=item.confidence,
        attributes={one.name: {"value": one.value, "confidence": one.confidence} for one in item.attributes},
        segments=[list(segment) for segment in item.segments],
        crop_key=crop_key(claim.video_id, item_id),
        vector=None if item.vector is None else item.vector.astype("<f4").tobytes(),
        vector_state="none" if item.vector is None else "pending",
    )


def sighting_rows(run_id: str, item_id: str, item: Item) -> list[SightingRow]:
    """The sightings of an item as they are written down."""
    return [
        SightingRow(
            run_id=run_id,
            item_id=item_id,
            keyframe=seen.keyframe,
            box=list(seen.box),
            score=seen.score,
            mask_counts=seen.mask.counts if seen.mask else None,
            mask_height=seen.mask.size[0] if seen.mask else None,
            mask_width=seen.mask.size[1] if seen.mask else None,
        )
        for seen in item.sightings
    ]


def discard_if_unwanted(services: Services, claim: runs.Claim) -> None:
    """Take back stored crops of a video that was removed meanwhile."""
    with services.records.transaction() as session:
        is_wanted = session.get(Run, claim.run_id) is not None
    if not is_wanted:
        services.bucket.delete_prefix(crops_prefix(claim.video_id))

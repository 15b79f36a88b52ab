"""Vectors follow the records: rows say what is to be stored, and are marked once the vector store has it."""

from collections.abc import Sequence

import numpy as np
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from functions.services import Services
from infra.records.tables import ItemRow, Run, Video
from infra.vectors import Point

ROWS_A_ROUND = 256


def index_pending(services: Services, run_id: str | None = None) -> int:
    """Store the vectors of rows that wait for it, of one run or of all; returns how many were stored.

    A row removed meanwhile may leave a point behind: it is deleted again at once.
    """
    stored = 0
    while True:
        with services.records.transaction() as session:
            items, videos = pending(session, run_id)
        if not items and not videos:
            return stored
        model = services.settings.models.embedder
        upsert(services, "items", model, [item_point(row) for row in items])
        upsert(services, "videos", model, [video_point(row) for row in videos])
        with services.records.transaction() as session:
            mark_stored(session, items, videos)
            ids = {video_of(row.run_id) for row in items} | {row.video_id for row in videos}
            gone = ids - set(session.scalars(select(Video.video_id).where(Video.video_id.in_(ids))))
        for video_id in sorted(gone):
            forget_vectors(services, video_id)
        stored += len(items) + len(videos)


def pending(session: Session, run_id: str | None) -> tuple[list[ItemRow], list[Run]]:
    """Items and runs whose vectors are not stored yet."""
    items = select(ItemRow).where(ItemRow.vector_state == "pending").limit(ROWS_A_ROUND)
    videos = select(Run).where(Run.vector_state == "pending").limit(ROWS_A_ROUND)
    if run_id is not None:
        items, videos = items.where(ItemRow.run_id == run_id), videos.where(Run.run_id == run_id)
    return list(session.scalars(items)), list(session.scalars(videos))


def mark_stored(session: Session, items: Sequence[ItemRow], videos: Sequence[Run]) -> None:
    """Note that the vector store has the vectors of these rows."""
    for row in items:
        same = (ItemRow.run_id == row.run_id, ItemRow.item_id == row.item_id, ItemRow.vector == row.vector)
        session.execute(update(ItemRow).where(*same).values(vector_state="stored"))
    for run in videos:
        session.execute(
            update(Run).where(Run.run_id == run.run_id, Run.vector == run.vector).values(vector_state="stored")
        )


def upsert(services: Services, alias: str, model: str, points: Sequence[Point]) -> None:
    """Write points under an alias, whose collection is made on first use."""
    if points:
        services.vectors.ensure(alias, model, len(points[0].vector))
        services.vectors.upsert(alias, model, points)


def item_point(row: ItemRow) -> Point:
    """The point of an item: owned by its video, so that both go together."""
    payload: dict[str, object] = {"run_id": row.run_id, "type": row.type, "color": row.color_basic or ""}
    return Point(video_of(row.run_id), row.item_id, np.frombuffer(row.vector or b"", "<f4"), payload)


def video_point(row: Run) -> Point:
    """The point of a whole video."""
    return Point(row.video_id, "video", np.frombuffer(row.vector or b"", "<f4"), {"run_id": row.run_id})


def video_of(run_id: str) -> str:
    """The video of a run, by its id."""
    return run_id.partition("-")[0]


def forget_vectors(services: Services, video_id: str) -> None:
    """Delete every point of a video."""
    for alias in ("items", "videos"):
        services.vectors.delete_owner(alias, video_id)

"""Vectors follow the records: rows say what is to be stored, and are marked once the vector store has it."""

from collections.abc import Collection, Iterable, Sequence

import numpy as np
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from functions.runs import is_latest
from functions.services import Services
from infra.records.tables import ItemRow, Run, Video
from infra.vectors import Point

ALIASES = ("items", "videos")
WHOLE_VIDEO = "video"
ROWS_A_ROUND = 256


def index_pending(services: Services, run_id: str | None = None) -> int:
    """Store the vectors of rows that wait for it, of one run or of all; returns how many were stored.

    Only a video's latest run is kept in the vector store; a row removed meanwhile may leave a point behind: it is
    deleted again at once.
    """
    stored = 0
    while True:
        with services.records.transaction() as session:
            items, videos = pending(session, run_id)
            run_ids = {row.run_id for row in items} | {row.run_id for row in videos}
            embedders = embedders_of(session, run_ids)
            live = live_embedder(session)
        if not items and not videos:
            return stored
        upsert(services, "items", live, [(embedders[row.run_id], item_point(row)) for row in items])
        upsert(services, "videos", live, [(embedders[row.run_id], video_point(row)) for row in videos])
        with services.records.transaction() as session:
            mark_stored(session, items, videos)
            ids = {video_of(run_id) for run_id in run_ids}
            gone = ids - set(session.scalars(select(Video.video_id).where(Video.video_id.in_(ids))))
            replaced = list(session.scalars(select(Run.run_id).where(Run.video_id.in_(ids), ~is_latest())))
        for video_id in sorted(gone):
            forget_vectors(services, video_id)
        for old_run_id in replaced:
            forget_run(services, old_run_id)
        stored += len(items) + len(videos)


def pending(session: Session, run_id: str | None) -> tuple[list[ItemRow], list[Run]]:
    """Items and runs, the latest of their videos, whose vectors are not stored yet."""
    items = select(ItemRow).join(Run).where(ItemRow.vector_state == "pending", is_latest()).limit(ROWS_A_ROUND)
    videos = select(Run).where(Run.vector_state == "pending", is_latest()).limit(ROWS_A_ROUND)
    if run_id is not None:
        items, videos = items.where(ItemRow.run_id == run_id), videos.where(Run.run_id == run_id)
    return list(session.scalars(items)), list(session.scalars(videos))


def embedders_of(session: Session, run_ids: Collection[str]) -> dict[str, str]:
    """Which embedder, as name@version, made the vectors of each run."""
    rows = session.execute(select(Run.run_id, Run.models).where(Run.run_id.in_(run_ids)))
    return {row.run_id: row.models["embedder"] for row in rows}


def live_embedder(session: Session) -> str | None:
    """The embedder of the newest run that has vectors: its collections are what the aliases stand for."""
    newest = select(Run.models).where(Run.vector_state != "none").order_by(Run.started_at.desc()).limit(1)
    models = session.scalar(newest)
    return models["embedder"] if models else None


def mark_stored(session: Session, items: Sequence[ItemRow], videos: Sequence[Run]) -> None:
    """Note that the vector store has the vectors of these rows."""
    for row in items:
        same = (ItemRow.run_id == row.run_id, ItemRow.item_id == row.item_id, ItemRow.vector == row.vector)
        session.execute(update(ItemRow).where(*same).values(vector_state="stored"))
    for run in videos:
        session.execute(
            update(Run).where(Run.run_id == run.run_id, Run.vector == run.vector).values(vector_state="stored")
        )


def upsert(services: Services, alias: str, live: str | None, points: Iterable[tuple[str, Point]]) -> None:
    """Write points, each with its embedder, into the collections of their embedders, which are made on first use."""
    by_embedder: dict[str, list[Point]] = {}
    for embedder, point in points:
        by_embedder.setdefault(embedder, []).append(point)
    for embedder, own in by_embedder.items():
        services.vectors.ensure(alias, embedder, len(own[0].vector), is_live=embedder == live)
        services.vectors.upsert(alias, embedder, own)


def item_point(row: ItemRow) -> Point:
    """The point of an item: owned by its video, so that both go together."""
    payload: dict[str, object] = {"run_id": row.run_id, "type": row.type, "color": row.color_basic or ""}
    return Point(video_of(row.run_id), row.item_id, np.frombuffer(row.vector or b"", "<f4"), payload)


def video_point(row: Run) -> Point:
    """The point of a whole video."""
    return Point(row.video_id, WHOLE_VIDEO, np.frombuffer(row.vector or b"", "<f4"), {"run_id": row.run_id})


def video_of(run_id: str) -> str:
    """The video of a run, by its id."""
    return run_id.partition("-")[0]


def forget_run(services: Services, run_id: str) -> None:
    """Delete every point of a run."""
    for alias in ALIASES:
        services.vectors.delete(alias, "run_id", run_id)


def forget_vectors(services: Services, video_id: str) -> None:
    """Delete every point of a video."""
    for alias in ALIASES:
        services.vectors.delete_owner(alias, video_id)

"""Points of reels: the garments worn in them, their frames, and they themselves."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog_jobs.catalog.plotting.options import Kind
from catalog_jobs.catalog.plotting.points import PictureAt, Point
from infra.records.tables import ItemRow, KeyframeRow, Run, Upload

GONE: Final = ("superseded", "removed")
UPLOADS: Final = "videos/"
ROWS_A_PAGE: Final = 1000
SHOWN_TIMES: Final = 3
LONGEST_CAPTION: Final = 120


@dataclass(frozen=True)
class Reel:
    """A video by its name, the folder that it was dropped in, and the beginning of its caption."""

    video_id: str
    name: str
    category: str
    caption: str = ""


def reel_points(session: Session, run_ids: Collection[str], kind: Kind) -> Iterator[tuple[Point, bytes]]:
    """The items, frames or videos of runs that have a vector, by run, with it."""
    reels = reels_of(session, run_ids)
    make = {Kind.ITEM: _items, Kind.FRAME: _frames, Kind.VIDEO: _videos}[kind]
    yield from make(session, reels)


def reels_of(session: Session, run_ids: Collection[str]) -> dict[str, Reel]:
    """The reels of runs, by run. A reel's name is its file's; its category the first folder of its key, if any."""
    keys: dict[str, str] = {}
    uploads = select(Upload.video_id, Upload.key).where(Upload.state.not_in(GONE), Upload.video_id.is_not(None))
    for video_id, key in session.execute(uploads.order_by(Upload.key.desc())):
        keys[str(video_id)] = key
    reels = {}
    for run in session.execute(select(Run.run_id, Run.video_id, Run.caption)):
        if run.run_id in run_ids:
            name, category = named(keys.get(run.video_id, run.video_id))
            reels[run.run_id] = Reel(run.video_id, name, category, " ".join(run.caption.split())[:LONGEST_CAPTION])
    return dict(sorted(reels.items(), key=lambda row: (row[1].category, row[1].name, row[0])))


def named(key: str) -> tuple[str, str]:
    """The file's name of an upload's key, and the first folder that it lies in; "" where it lies in none.

    >>> named("videos/street/may/a.mp4"), named("videos/a.mp4")
    (('a.mp4', 'street'), ('a.mp4', ''))
    """
    folders = key.removeprefix(UPLOADS).split("/")
    return folders[-1], folders[0] if len(folders) > 1 else ""


def _items(session: Session, reels: dict[str, Reel]) -> Iterator[tuple[Point, bytes]]:
    rows = select(
        ItemRow.run_id, ItemRow.item_id, ItemRow.type, ItemRow.color_name, ItemRow.color_basic, ItemRow.color_hex,
        ItemRow.confidence, ItemRow.segments, ItemRow.crop_key, ItemRow.vector,
    )  # fmt: skip
    for run_id, reel in reels.items():
        own = rows.where(ItemRow.run_id == run_id, ItemRow.vector.is_not(None)).order_by(ItemRow.item_id)
        for row in session.execute(own):
            lines = (reel.name, times(row.segments), f"{row.confidence:.0%} sure")
            point = Point(
                kind=Kind.ITEM,
                owner=reel.video_id,
                part=row.item_id,
                title=" ".join(filter(None, (row.color_name, row.type))),
                type=row.type,
                category=reel.category,
                video=reel.name,
                color=row.color_basic or "",
                color_hex=row.color_hex,
                lines=tuple(filter(None, lines)),
                picture=PictureAt("bucket", row.crop_key),
            )
            yield point, row.vector or b""


def _frames(session: Session, reels: dict[str, Reel]) -> Iterator[tuple[Point, bytes]]:
    rows = select(KeyframeRow.run_id, KeyframeRow.index, KeyframeRow.time_s, KeyframeRow.key, KeyframeRow.vector)
    for run_id, reel in reels.items():
        own = rows.where(KeyframeRow.run_id == run_id, KeyframeRow.vector.is_not(None)).order_by(KeyframeRow.index)
        for row in session.execute(own):
            point = Point(
                kind=Kind.FRAME,
                owner=reel.video_id,
                part=str(row.index),
                title=f"{reel.name} at {row.time_s:.1f} s",
                category=reel.category,
                video=reel.name,
                lines=(f"keyframe {row.index}",),
                picture=PictureAt("bucket", row.key),
            )
            yield point, row.vector or b""


def _videos(session: Session, reels: dict[str, Reel]) -> Iterator[tuple[Point, bytes]]:
    frames = select(KeyframeRow.run_id, KeyframeRow.key).order_by(KeyframeRow.run_id, KeyframeRow.index)
    keys: dict[str, list[str]] = {}
    for run_id, key in session.execute(frames):
        keys.setdefault(run_id, []).append(key)
    # The one in the middle: the first is often a title, or a room that is still empty.
    pictures = {run_id: own[len(own) // 2] for run_id, own in keys.items()}
    for run_id, reel in reels.items():
        vector = session.scalar(select(Run.vector).where(Run.run_id == run_id, Run.vector.is_not(None)))
        if vector is None:
            continue
        point = Point(
            kind=Kind.VIDEO,
            owner=reel.video_id,
            part="video",
            title=reel.name,
            category=reel.category,
            video=reel.name,
            lines=tuple(filter(None, (reel.category, reel.caption))),
            picture=PictureAt("bucket", pictures[run_id]) if run_id in pictures else None,
        )
        yield point, vector


def times(segments: Sequence[Sequence[float]]) -> str:
    """When something is seen, the first few times of it.

    >>> times([[0.0, 2.5], [3.25, 4.0]])
    '0.0–2.5, 3.2–4.0 s'
    """
    shown = [f"{start_s:.1f}–{end_s:.1f}" for start_s, end_s in segments[:SHOWN_TIMES]]
    more = f" and {len(segments) - SHOWN_TIMES} more" if len(segments) > SHOWN_TIMES else ""
    return f"{', '.join(shown)} s{more}" if shown else ""

"""A small shop and some reels whose vectors lie in clusters, so that it is known who is near whom."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from infra.records.store import Records
from infra.records.tables import (
    CatalogIndex,
    ItemRow,
    KeyframeRow,
    ProductImageRow,
    ProductRow,
    ProductVectorRow,
    Run,
    Upload,
    Video,
)
from infra.settings import Settings

EMBEDDER = "looks@1"
OTHER = "looks@0"
DIMENSION = 24
NOW = datetime(2026, 5, 1, tzinfo=UTC)
TYPES = ("dress", "shoes", "bag")
COLORS = ("red", "blue", "green")
BGR = ((40, 40, 200), (200, 60, 30), (60, 160, 60))
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{ 7*7 }} $x_1$ =1+1"

Vectors = NDArray[np.float32]


@contextmanager
def opened(data: Path) -> Iterator[Records]:
    """The records of a data folder, with all tables."""
    records = Records(Settings.load(data).records_url)
    try:
        records.migrate()
        yield records
    finally:
        records.close()


def clustered(clusters: int = 3, each: int = 8, noise: float = 0.25, seed: int = 1) -> Vectors:
    """Unit vectors (clusters·each × DIMENSION) around as many random directions, cluster after cluster."""
    chance = np.random.default_rng(seed)
    centres = chance.normal(size=(clusters, DIMENSION))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    spread = chance.normal(size=(clusters * each, DIMENSION)) / np.sqrt(DIMENSION) * noise
    vectors = np.repeat(centres, each, axis=0) + spread
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def as_bytes(vector: Sequence[float] | NDArray[np.floating]) -> bytes:
    return np.asarray(vector, "<f4").tobytes()


def draw_crop(path: Path, bgr: Sequence[int]) -> None:
    """A picture of one colour, in the middle of white."""
    picture = np.full((90, 60, 3), 255, np.uint8)
    picture[15:75, 10:50] = bgr
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", picture)[1].tobytes())


def product_row(product_id: str, title: str, number: int = 0, retired_at: datetime | None = None) -> ProductRow:
    return ProductRow(
        product_id=product_id, title=title, description="", product_type=TYPES[number].title(), types=[TYPES[number]],
        alias="", price=None, list_price=None, currency="EUR", discount_percent=None, stock=3, tags=[], collections=[],
        facets={}, color_name=COLORS[number], color_basic=COLORS[number], group_id=None, words=title, words_hash="",
        vector_state="stored", row_hash="", import_id=1, created_at=NOW, updated_at=NOW, retired_at=retired_at,
    )  # fmt: skip


def image_row(product_id: str, picture_id: str, retired_at: datetime | None = None) -> ProductImageRow:
    return ProductImageRow(
        product_id=product_id, picture_id=picture_id, number=0, position=0, url=f"{picture_id}.png", folder=None,
        content_hash="", vector_state="stored", retired_at=retired_at,
    )  # fmt: skip


def vector_row(product_id: str, part: str, vector: bytes, **others: object) -> ProductVectorRow:
    given: dict[str, object] = {
        "embedder": EMBEDDER, "kind": "image", "types": [], "color_hex": None, "color_basic": None, "source_hash": "",
        "crop_file": None, "duplicate_of": None, "state": "stored", "updated_at": NOW,
    }  # fmt: skip
    return ProductVectorRow(product_id=product_id, part=part, vector=vector, **(given | others))


def index_row(embedder: str, state: str, began: datetime = NOW) -> CatalogIndex:
    return CatalogIndex(
        embedder=embedder, dimension=DIMENSION, state=state, revision=1, fit={}, counts={}, started_at=began,
        finished_at=None,
    )  # fmt: skip


def upload_row(key: str, video_id: str, state: str = "bound") -> Upload:
    return Upload(
        bucket="b", key=key, etag=key, size_bytes=1, state=state, video_id=video_id, seen_at=NOW, updated_at=NOW
    )


def fill_products(records: Records, pictures: Path, each: int = 8, title: str = "") -> None:
    """`each` products of each type, with a picture and words, by EMBEDDER, which is live; a crop of each on disk."""
    looks, words = clustered(each=each), clustered(each=each, seed=2)
    with records.transaction() as session:
        session.add(index_row(EMBEDDER, "live"))
        for at, (look, word) in enumerate(zip(looks, words, strict=True)):
            number, product_id = at // each, f"p{at:02d}"
            name = f"{title or TYPES[number].title()} {at}"
            session.add(product_row(product_id, name, number))
            session.flush()
            session.add(image_row(product_id, "a"))
            session.flush()
            crop = f"product_{product_id}/{product_id}_000.png"
            draw_crop(pictures / crop, BGR[number])
            session.add(vector_row(product_id, "a", as_bytes(look), types=[TYPES[number]], crop_file=crop))
            session.add(vector_row(product_id, "text", as_bytes(word), kind="text"))


def fill_reels(records: Records, videos: int = 2, items: int = 9, embedder: str = EMBEDDER) -> None:
    """Videos with a garment of each cluster in turn and three keyframes, one of them without a vector."""
    looks = clustered(each=max(1, -(-items * videos // 3)), seed=1)
    with records.transaction() as session:
        for number in range(videos):
            video_id = f"{number:016x}"
            key = f"videos/folder{number}/reel{number}.mp4"
            session.add(Video(video_id=video_id, sha256=video_id, size_bytes=1, created_at=NOW))
            session.add(upload_row(key, video_id))
            session.flush()
            add_run(session, video_id, "run", embedder, as_bytes(looks[number]), NOW)
            session.flush()
            for index in range(3):
                vector = None if index == 2 else as_bytes(looks[-1 - index - number])
                session.add(keyframe_row(f"{video_id}-run", video_id, index, vector))
            for at in range(items):
                look = looks[(at * videos + number) % len(looks)]
                session.add(item_row(f"{video_id}-run", video_id, f"{at:03d}", as_bytes(look), TYPES[at % 3]))


def add_run(session: Session, video_id: str, name: str, embedder: str, vector: bytes | None, began: datetime) -> None:
    run = Run(
        run_id=f"{video_id}-{name}", video_id=video_id, pipeline_id=name, models={"embedder": embedder}, state="ready",
        caption="A caption", hashtags=[], vector=vector, vector_state="stored", started_at=began, updated_at=began,
    )  # fmt: skip
    session.add(run)


def keyframe_row(run_id: str, video_id: str, index: int, vector: bytes | None) -> KeyframeRow:
    return KeyframeRow(
        run_id=run_id, index=index, time_s=index + 0.5, shot_start_s=index, shot_end_s=index + 1, returns=[],
        width=90, height=160, key=f"keyframes/{video_id}/{index}.jpg", vector=vector,
    )  # fmt: skip


def item_row(run_id: str, video_id: str, item_id: str, vector: bytes | None, type_name: str) -> ItemRow:
    return ItemRow(
        run_id=run_id, item_id=item_id, type=type_name, color_name="crimson", color_basic="red", color_hex="#b01030",
        color_share=0.5, confidence=0.9, attributes={}, segments=[[0.0, 1.5]], vector=vector, vector_state="stored",
        crop_key=f"crops/{video_id}/{item_id}.jpg",
    )  # fmt: skip


LATER = NOW + timedelta(hours=1)

"""A store that keeps everything in memory, documents to put in it, and the app on a real port."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from socket import socket

import cv2
import numpy as np
import uvicorn
from fastapi import FastAPI

from functions.api.answers import Health, ItemMask, Masks, UploadStatus
from functions.catalog.answers import SyncReport
from functions.catalog.rematched import RematchReport
from functions.document import (
    AttributeEntry,
    ColorEntry,
    DocumentList,
    KeyframeEntry,
    Pipeline,
    ProductRow,
    ResultDocument,
    SightingEntry,
    Source,
    Span,
    VibeEntry,
)
from functions.search.answers import EmbedderVectors, RebuiltVectors, SearchAnswer, SearchHit
from functions.search.product_answers import ProductAnswer, ProductHit
from functions.search.product_query import ProductQuery
from functions.search.query import ItemQuery
from infra.bus import DeadLetter, Message
from infra.errors import ErrorCode, ReelwearError
from serve_app.contract import encode_rle

VIDEO_ID = "0123456789abcdef"
TOKEN = "a token of the tests"
HOOK_SECRET = "a secret of the tests"
KEYFRAME_WIDTH, KEYFRAME_HEIGHT = 90, 160


def document(video_id: str = VIDEO_ID, key: str = "videos/walk.mp4", **changes: object) -> ResultDocument:
    """A ready result: two shots, a red top in both and a hat of unknown colour in the second."""
    shots = (Span(start_s=0, end_s=2.5), Span(start_s=2.5, end_s=4))
    made = ResultDocument(
        video_id=video_id,
        state="ready",
        source=Source(bucket="reelwear", key=key, etag="e1", size_bytes=1000, content_type="video/mp4"),
        duration_s=4.0,
        width=KEYFRAME_WIDTH,
        height=KEYFRAME_HEIGHT,
        fps=30.0,
        caption="Soft layers & a clean bun. #cleangirl",
        hashtags=("cleangirl",),
        keyframes=tuple(
            KeyframeEntry(index=i, time_s=shot.start_s + 1, shot=shot, url=f"keyframes/{video_id}/{i}.jpg")
            for i, shot in enumerate(shots)
        ),
        vibes=(VibeEntry(name="Clean Girl", confidence=0.8, evidence=("clean bun", "#cleangirl")),),
        products=(
            ProductRow(
                item_id="i0",
                type="top",
                color=ColorEntry(name="crimson", hex="#b01030", share=0.7),
                attributes={"pattern": AttributeEntry(value="striped", confidence=0.91)},
                confidence=0.9,
                segments=shots,
                sightings=tuple(SightingEntry(keyframe=i, box=(20, 40, 70, 100), score=0.9) for i in (0, 1)),
                crop_url=f"crops/{video_id}/i0.jpg",
            ),
            ProductRow(
                item_id="i1",
                type="hat",
                confidence=0.55,
                segments=shots[1:],
                sightings=(SightingEntry(keyframe=1, box=(30, 5, 60, 30), score=0.55),),
            ),
        ),
        pipeline=Pipeline(id="p1", models={"detector": "embedded 1"}),
        timings_s={"split": 0.5},
    )
    return ResultDocument.model_validate({**made.model_dump(), **changes})


def jpeg(shade: int = 200) -> bytes:
    """A plain picture of a keyframe's size."""
    pixels = np.full((KEYFRAME_HEIGHT, KEYFRAME_WIDTH, 3), shade, np.uint8)
    return bytes(cv2.imencode(".jpg", pixels)[1].tobytes())


def masks() -> Masks:
    """The mask of the red top in the first keyframe: its box without a hole in the middle."""
    pixels = np.zeros((KEYFRAME_HEIGHT, KEYFRAME_WIDTH), np.bool_)
    pixels[40:100, 20:70] = True
    pixels[60:80, 35:55] = False
    return Masks(keyframes={0: (ItemMask(item_id="i0", rle=encode_rle(pixels)),)})


def dead_letter(letter_id: str = "7") -> DeadLetter:
    """A message that the model server refused six times."""
    message = Message(id="m1", topic="video.split", body="{}")
    buried = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    return DeadLetter(
        id=letter_id, queue="tag_video", message=message, reason="model_server_down", attempts=6, buried=buried
    )


def hit(confidence: float | None = 0.9, **changes: object) -> SearchHit:
    """The red top of `document` as a search for words finds it."""
    made = SearchHit(
        video_id=VIDEO_ID,
        item_id="i0",
        score=0.4,
        confidence=confidence,
        type="top",
        color=ColorEntry(name="crimson", hex="#b01030", share=0.7),
        segments=(Span(start_s=0, end_s=2.5),),
        crop_url=f"crops/{VIDEO_ID}/i0.jpg",
        key="videos/walk.mp4",
    )
    return SearchHit.model_validate({**made.model_dump(), **changes})


def product_hit(**changes: object) -> ProductHit:
    """A red skirt of the catalogue as a search for words finds it."""
    made = ProductHit(
        product_id="1064",
        title="Bonnie skirt in red",
        score=0.31,
        confidence=0.87,
        part="99b8ab604a1f0c77",
        parts={"image": 0.31, "text": 0.8},
        type="skirt",
        types=("skirt",),
        color="red",
        color_name="cherry",
        price=Decimal("48.90"),
        currency="EUR",
        crop_file="product_1064/masked_crops/1064_000_crop_0_skirt_masked.png",
    )
    return ProductHit.model_validate({**made.model_dump(), **changes})


class Shelf:
    """A `VideoStore` of dictionaries. Uploads move one step of their list with each question, and stay at the last."""

    def __init__(self, picture_base: str = "http://127.0.0.1:1") -> None:
        self.documents: dict[str, ResultDocument] = {}
        self.mask_sets: dict[str, Masks] = {}
        self.uploads: dict[str, list[UploadStatus | None]] = {}
        self.letters: dict[str, DeadLetter] = {}
        self.replayed: list[str] = []
        self.events: list[bytes] = []
        self.hits: list[SearchHit] = []
        self.searches: list[tuple[ItemQuery, bytes | None]] = []
        self.products: list[ProductHit] = []
        self.product_searches: list[tuple[ProductQuery, bytes | None]] = []
        self.rematches: list[tuple[str | None, bool, str, int]] = []
        self.rounds: list[RematchReport] = []
        self.max_picture_bytes = 100_000
        self.picture_base = picture_base
        self.is_well = True

    def put(self, *documents: ResultDocument) -> None:
        """Put documents on the shelf, with the uploads they answer."""
        for one in documents:
            self.documents[one.video_id] = one
            status = UploadStatus(key=one.source.key, etag=one.source.etag, state=one.state, video_id=one.video_id)
            self.uploads[one.source.key] = [status]

    def list_videos(self, limit: int, offset: int, id_prefix: str) -> DocumentList:
        found = [one for one in self.documents.values() if one.video_id.startswith(id_prefix)]
        return DocumentList(videos=tuple(found[offset : offset + limit]), total=len(found))

    def video(self, video_id: str) -> ResultDocument | None:
        return self.documents.get(video_id)

    def masks(self, video_id: str) -> Masks | None:
        return self.mask_sets.get(video_id, Masks()) if video_id in self.documents else None

    def remove_video(self, video_id: str) -> bool:
        return self.documents.pop(video_id, None) is not None

    def upload_status(self, key: str, etag: str) -> UploadStatus | None:
        steps = self.uploads.get(key, [None])
        status = steps.pop(0) if len(steps) > 1 else steps[0]
        return status.model_copy(update={"etag": etag or status.etag}) if status else None

    def object_url(self, key: str) -> str:
        return f"{self.picture_base}/{key}"

    def search_items(self, query: ItemQuery, picture: bytes | None) -> SearchAnswer:
        self.searches.append((query, picture))
        least = query.least_confidence(has_picture=picture is not None)
        likely = tuple(hit for hit in self.hits if hit.confidence is None or hit.confidence >= least)
        left_out = len(self.hits) - len(likely)
        nearest = self.hits[0] if left_out and not likely else None
        return SearchAnswer(model="shelf@1", hits=likely, left_out=left_out, nearest=nearest)

    def search_products(self, query: ProductQuery, picture: bytes | None) -> ProductAnswer:
        self.product_searches.append((query, picture))
        return ProductAnswer(model="shelf@1", hits=tuple(self.products), weighed=len(self.products))

    def rebuild_vectors(self) -> RebuiltVectors:
        collections = (EmbedderVectors(embedder="shelf@1", items=len(self.hits), videos=len(self.documents)),)
        return RebuiltVectors(collections=collections, embedder="shelf@1")

    def rematch_catalog(self, video_id: str | None, is_forced: bool, after: str, limit: int) -> RematchReport:
        self.rematches.append((video_id, is_forced, after, limit))
        return self.rounds.pop(0) if self.rounds else RematchReport()

    def sync_catalog(self, is_dropping_old: bool) -> SyncReport:
        return SyncReport(stored=len(self.hits), dropped=("shelf@0",) if is_dropping_old else ())

    def on_object_event(self, body: bytes) -> None:
        self.events.append(body)

    def health(self) -> Health:
        return Health(ok=self.is_well, parts={"bus": "ok" if self.is_well else "does not answer"})

    async def dead_letters(self) -> Sequence[DeadLetter]:
        return list(self.letters.values())

    async def replay(self, letter_id: str) -> None:
        await self.drop(letter_id)
        self.replayed.append(letter_id)

    async def drop(self, letter_id: str) -> None:
        if self.letters.pop(letter_id, None) is None:
            raise ReelwearError(ErrorCode.NOT_FOUND, f"dead letter {letter_id} is not known")


@contextmanager
def served(app: FastAPI) -> Iterator[int]:
    """The app on a free loopback port."""
    with socket() as listener:
        listener.bind(("127.0.0.1", 0))
        # A quick client comes before the server does.
        listener.listen()
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()

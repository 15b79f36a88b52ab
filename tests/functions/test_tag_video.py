"""Keyframes of a run through a model server's answers to items, their vectors and the products that they are."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from fastapi import FastAPI, UploadFile
from sqlalchemy import select

from functions import runs
from functions.events import VIDEO_SPLIT, RunEvent
from functions.pipeline import Pipeline
from functions.results import document_of
from functions.services import Services, open_services
from functions.tag_video import tag_run
from infra.bucket import Bucket
from infra.records.tables import KeyframeRow, MatchRow, Run, Upload
from infra.settings import BucketSettings, ModelSettings, Settings, StackSettings
from serve_app.contract import (
    Detection,
    FrameResult,
    FramesAnswer,
    ModelInfo,
    ModelsAnswer,
    encode_rle,
    encode_vector,
)
from tests.functions.api.shelf import served
from tests.functions.catalog.stocked import CUTOFFS, DIMENSION, EMBEDDER, NOW, Shop, at

VIDEO = "a" * 16
WIDTH, HEIGHT = 90, 160
BOX = (20, 40, 70, 120)
RED_BGR = (48, 32, 192)


def seeing_dresses() -> FastAPI:
    """A model server that sees a dress in the same place of every frame."""
    app = FastAPI()
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    mask[BOX[1] : BOX[3], BOX[0] : BOX[2]] = True
    vector = encode_vector(at(1.0))
    dress = Detection(box=BOX, label="dress", score=0.9, mask=encode_rle(mask), vector=vector, wearer=0)

    @app.post("/v1/frames")
    async def frames(frames: list[UploadFile]) -> FramesAnswer:
        results = tuple(
            FrameResult(index=index, width=WIDTH, height=HEIGHT, detections=(dress,), vector=encode_vector(at(0.6)))
            for index in range(len(frames))
        )
        return FramesAnswer(frames=results, models={"detector": "tiny@1", "embedder": EMBEDDER})

    @app.get("/v1/models")
    def models() -> ModelsAnswer:
        row = ModelInfo(
            role="embedder", name="tiny", version="1", licence="none", device="cpu", dimension=DIMENSION,
            cutoffs={"default": CUTOFFS},
        )  # fmt: skip
        return ModelsAnswer(models=(row,))

    return app


@pytest.fixture
def services(tmp_path: Path, bucket_settings: BucketSettings) -> Iterator[Services]:
    with served(seeing_dresses()) as port:
        settings = Settings(
            stack=StackSettings(data_dir=tmp_path),
            bucket=bucket_settings,
            models=ModelSettings(model_server_url=f"http://127.0.0.1:{port}"),
        )
        opened = open_services(settings, spare_decoders=0)
        yield opened
        opened.close()


@pytest.fixture
def run_id(services: Services, bucket: Bucket) -> str:
    """A run that was split into two keyframes: the dress, and the dress again."""
    pixels = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    cv2.rectangle(pixels, BOX[:2], BOX[2:], RED_BGR, -1)
    jpeg = bytes(cv2.imencode(".jpg", pixels)[1])
    records = services.records
    with records.transaction() as session:
        run = runs.open_run(session, records, VIDEO, VIDEO * 4, 1, Pipeline("p1", {"embedder": "embedded"}))
        session.add(
            Upload(
                bucket="b", key="videos/a.mp4", etag="e", size_bytes=1, state="bound", video_id=VIDEO, seen_at=NOW,
                updated_at=NOW,
            )
        )  # fmt: skip
        for index in range(2):
            key = f"keyframes/{VIDEO}/{index}.jpg"
            bucket.put(key, jpeg, "image/jpeg")
            session.add(
                KeyframeRow(
                    run_id=run.run_id, index=index, time_s=2.0 * index + 1, shot_start_s=2.0 * index,
                    shot_end_s=2.0 * index + 2, width=WIDTH, height=HEIGHT, key=key,
                )
            )  # fmt: skip
        return run.run_id


def tag(services: Services, run_id: str) -> Run:
    tag_run(services, RunEvent(run_id, VIDEO, VIDEO_SPLIT).body(), attempt=1)
    with services.records.transaction() as session:
        assert runs.stages_of(session, run_id)["tag"].state == "done"
        return session.get_one(Run, run_id)


def matches(services: Services) -> list[MatchRow]:
    with services.records.transaction() as session:
        return list(session.scalars(select(MatchRow).order_by(MatchRow.item_id, MatchRow.rank)))


def test_items_are_matched_as_they_are_found(services: Services, run_id: str) -> None:
    shop = Shop(services)
    shop.sell("p", {"front": 0.97})
    shop.sell("q", {"front": 0.8})
    name = shop.open()
    run = tag(services, run_id)
    assert (run.matched_with, run.match_error) == (name, None)
    assert [(row.rank, row.product_id, row.part, row.match_type) for row in matches(services)] == [
        (0, "p", "front", "exact"),
        (1, "q", "front", "similar"),
    ]


def test_every_keyframe_keeps_the_vector_of_the_whole_frame(services: Services, run_id: str) -> None:
    tag(services, run_id)
    with services.records.transaction() as session:
        stored = [row.vector for row in session.scalars(select(KeyframeRow))]
    assert len(stored) == 2
    for vector in stored:
        assert vector is not None
        np.testing.assert_allclose(np.frombuffer(vector, "<f4"), at(0.6), atol=2e-3)
        assert np.linalg.norm(np.frombuffer(vector, "<f4")) == pytest.approx(1, abs=1e-6)


def test_without_a_live_catalogue_nothing_is_matched_and_nothing_is_missing(services: Services, run_id: str) -> None:
    run = tag(services, run_id)
    assert (run.matched_with, run.match_error, matches(services)) == (None, None, [])


def test_a_catalogue_of_another_embedder_is_none(services: Services, run_id: str) -> None:
    shop = Shop(services, embedder="tiny@0")
    shop.sell("p", {"front": 0.97})
    shop.open()
    run = tag(services, run_id)
    assert (run.matched_with, run.match_error, matches(services)) == (None, None, [])


def test_a_vector_store_that_is_away_costs_the_matches_and_not_the_items(services: Services, run_id: str) -> None:
    shop = Shop(services)
    shop.sell("p", {"front": 0.97})
    shop.open()
    services.vectors.close()
    run = tag(services, run_id)
    assert run.matched_with is None
    assert run.match_error is not None
    assert run.match_error.startswith("store_down: the vector store at ")
    with services.records.transaction() as session:
        for name in ("split", "vibe"):
            runs.stages_of(session, run_id)[name].state = "done"
        session.flush()
        document = document_of(session, session.get_one(Run, run_id), is_published=True)
    assert document is not None
    assert document.error is not None
    assert (document.state, document.error.stage, document.error.code) == ("partial", "match", "store_down")
    assert [product.type for product in document.products] == ["dress"]

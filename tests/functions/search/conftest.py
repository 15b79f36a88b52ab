from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from functions.indexing import index_pending
from functions.services import Services, open_services
from infra.records.tables import ItemRow, Run, Upload, Video
from infra.settings import ModelSettings, Settings, StackSettings
from tests.functions.api.shelf import served
from tests.functions.search.colors import ColorServer, color_of

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Wardrobe:
    """Videos written straight to the records, as `tag_video` leaves them, and the real stores around them."""

    services: Services
    server: ColorServer
    started_at: datetime = field(default=START)

    def wear(self, video_id: str, items: Mapping[str, str], pipeline: str = "p1", is_indexed: bool = True) -> str:
        """A run of a video with items: item id → "colour type". Returns the run's id."""
        run_id = f"{video_id}-{pipeline}"
        self.started_at += timedelta(seconds=1)
        with self.services.records.transaction() as session:
            if session.get(Video, video_id) is None:
                session.add(Video(video_id=video_id, sha256=video_id * 4, size_bytes=1, created_at=self.started_at))
                session.add(
                    Upload(
                        bucket="b", key=f"videos/{video_id}.mp4", etag="e", size_bytes=1, state="bound",
                        video_id=video_id, seen_at=self.started_at, updated_at=self.started_at,
                    )
                )  # fmt: skip
                session.flush()
            session.add(
                Run(
                    run_id=run_id, video_id=video_id, pipeline_id=pipeline, models={"embedder": self.server.embedder},
                    state="ready", started_at=self.started_at, updated_at=self.started_at,
                    vector=color_of("red").tobytes(), vector_state="pending",
                )
            )  # fmt: skip
            session.flush()
            session.add_all(item_row(run_id, item_id, *words.split()) for item_id, words in items.items())
        if is_indexed:
            index_pending(self.services)
        return run_id


def item_row(run_id: str, item_id: str, color: str, kind: str) -> ItemRow:
    """A garment whose vector is its colour, twice as long as a unit vector."""
    return ItemRow(
        run_id=run_id,
        item_id=item_id,
        type=kind,
        color_name=f"some {color}",
        color_basic=color,
        color_hex="#c04010",
        color_share=0.8,
        attributes={"pattern": {"value": "solid", "confidence": 0.9}},
        confidence=0.9,
        segments=[[0.0, 2.5]],
        crop_key=f"crops/{run_id[:16]}/{item_id}.jpg",
        vector=(2 * color_of(color)).astype("<f4").tobytes(),
        vector_state="pending",
    )


@pytest.fixture
def server() -> ColorServer:
    return ColorServer()


@pytest.fixture
def model_server_url(server: ColorServer) -> Iterator[str]:
    with served(server.app()) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def services(tmp_path: Path, model_server_url: str) -> Iterator[Services]:
    settings = Settings(stack=StackSettings(data_dir=tmp_path), models=ModelSettings(model_server_url=model_server_url))
    opened = open_services(settings, spare_decoders=0)
    yield opened
    opened.close()


@pytest.fixture
def wardrobe(services: Services, server: ColorServer) -> Wardrobe:
    return Wardrobe(services, server)

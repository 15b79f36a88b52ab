"""A cut shop, its records, and the embedder that ships, loaded once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog_jobs.catalog.indexing.here import EmbedderHere, ModelChoice
from catalog_jobs.catalog.indexing.threads import Threads
from infra.records.store import Records
from tests.catalog_jobs.catalog.indexing.cut_shop import CutShop


@pytest.fixture
def shop(tmp_path: Path) -> CutShop:
    return CutShop(tmp_path)


@pytest.fixture
def records(shop: CutShop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Records]:
    monkeypatch.delenv("REELWEAR_RECORDS_URL", raising=False)
    opened = shop.open()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def embedder() -> EmbedderHere:
    return ModelChoice("embedded", threads=2, batch=4).load()


@pytest.fixture
def line(embedder: EmbedderHere) -> Threads:
    return Threads(embedder, "here", batch=4, asked_at_once=1)

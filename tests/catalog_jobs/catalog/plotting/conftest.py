"""Records of a test alone, and a shop in them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.records.store import Records
from tests.catalog_jobs.catalog.plotting.shop import fill_products, fill_reels, opened


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder; its pictures lie where `catalog fetch` puts them."""
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def pictures(data: Path) -> Path:
    return data / "catalog" / "pictures"


@pytest.fixture
def records(data: Path) -> Iterator[Records]:
    with opened(data) as records:
        yield records


@pytest.fixture
def shop(records: Records, pictures: Path) -> Records:
    """24 products of three types, and two reels of nine garments each."""
    fill_products(records, pictures)
    fill_reels(records)
    return records

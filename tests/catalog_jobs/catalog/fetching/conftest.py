"""A shop to fetch from, and options that do not wait long."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import pytest

from catalog_jobs.catalog.fetching.job import fetch_pictures
from catalog_jobs.catalog.fetching.options import FetchOptions
from catalog_jobs.catalog.fetching.report import FetchReport
from catalog_jobs.catalog.pictures import Picture
from tests.catalog_jobs.catalog.fetching.shop import Shop, open_shop

QUICK = FetchOptions(
    attempts=3,
    backoff_base_s=0.01,
    backoff_cap_s=0.05,
    connect_timeout_s=5.0,
    read_timeout_s=5.0,
    total_timeout_s=10.0,
    trusted_hosts=frozenset({"127.0.0.1", "shop.example", "other.example"}),
)


class Fetch(Protocol):
    """Fetch into the test's folder; options by name differ from the quick ones."""

    def __call__(self, pictures: Iterable[Picture], **changed: Any) -> FetchReport: ...


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_shop() as shop:
        yield shop


@pytest.fixture
def fetch(shop: Shop, tmp_path: Path) -> Fetch:
    def run(pictures: Iterable[Picture], **changed: Any) -> FetchReport:
        given = {name: changed.pop(name) for name in ("details", "on_progress", "total", "rng") if name in changed}
        options = replace(QUICK, **changed)
        return fetch_pictures(pictures, tmp_path / "out", options, resolve=shop.resolve, **given)

    return run

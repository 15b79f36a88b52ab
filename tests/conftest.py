"""Real stores for the tests of every room, one of each for the whole session."""

from collections.abc import Iterator

import pytest

from infra.bucket import Bucket
from infra.settings import BucketSettings, BusSettings
from tests.parts import bus_server, object_store


@pytest.fixture(scope="session")
def bucket_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BucketSettings]:
    """How to reach a real object store, shared by the session."""
    store = object_store(tmp_path_factory.mktemp("store"))
    try:
        store.start()
        yield store.settings
    finally:
        store.kill()


@pytest.fixture(scope="session")
def bucket(bucket_settings: BucketSettings) -> Bucket:
    """The bucket of that store: use keys of your own."""
    return Bucket(bucket_settings)


@pytest.fixture(scope="session")
def bus_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BusSettings]:
    """How to reach a real bus, shared by the session: use topics and queues of your own."""
    server = bus_server(tmp_path_factory.mktemp("bus"))
    try:
        server.start()
        yield server.settings
    finally:
        server.kill()

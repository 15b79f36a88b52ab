"""Through the model server: the same vectors, its limits and its outages."""

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from catalog_jobs.catalog.indexing.here import EmbedderHere
from catalog_jobs.catalog.indexing.job import index_catalog
from catalog_jobs.catalog.indexing.parts import Failure
from catalog_jobs.catalog.indexing.server import ATTEMPTS, EmbedderOnServer
from catalog_jobs.catalog.indexing.threads import Threads
from infra.records.store import Records
from serve_app.client import ModelClient
from serve_app.contract import Rle, encode_rle
from serve_app.errors import ModelServerError
from tests.catalog_jobs.catalog.indexing.cut_shop import CutShop, rows_of
from tests.catalog_jobs.catalog.indexing.served import EmbeddingServer
from tests.catalog_jobs.catalog.indexing.test_crops import photo
from tests.functions.api.shelf import served


@pytest.fixture(scope="module")
def whole_server() -> EmbeddingServer:
    return EmbeddingServer()


@pytest.fixture
def server(whole_server: EmbeddingServer) -> EmbeddingServer:
    """The server of the module as it was at first."""
    first = EmbeddingServer(model=whole_server.model)
    vars(whole_server).update(vars(first))
    return whole_server


@pytest.fixture(scope="module")
def port(whole_server: EmbeddingServer) -> Iterator[int]:
    with served(whole_server.app()) as port:
        yield port


@pytest.fixture
def client(port: int) -> Iterator[ModelClient]:
    with ModelClient(f"http://127.0.0.1:{port}") as client:
        yield client


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def embedder_there(server: EmbeddingServer, client: ModelClient, waits: list[float]) -> EmbedderOnServer:
    assert server
    return EmbedderOnServer(client, waits.append)


def crop(side: int, seed: int = 0) -> tuple[bytes, Rle]:
    """A picture as it is sent, all of it garment."""
    data = cv2.imencode(".jpg", photo(side, side, seed))[1].tobytes()
    return data, encode_rle(np.ones((side, side), np.bool_))


def test_an_index_by_the_server_is_that_of_this_process_but_for_the_last_bits(
    shop: CutShop, records: Records, embedder: EmbedderHere, embedder_there: EmbedderOnServer
) -> None:
    shop.sell("1", "a", "b")
    shop.sell("2", "c")
    shop.bring(records)
    shop.cut(records)
    report = index_catalog(records, shop.folder, Threads(embedder_there, "server", 2, 4))
    assert (report.via, report.embedder) == ("server", embedder.card.embedder)
    there = rows_of(records)
    assert embedder_there.card.fit == embedder.card.fit
    with records.transaction() as session:
        session.connection().exec_driver_sql("DELETE FROM product_vectors")
    index_catalog(records, shop.folder, Threads(embedder, "here", 4, 1))
    for one, other in zip(there, rows_of(records), strict=True):
        first, second = (np.frombuffer(row.pop("vector"), "<f4") for row in (one, other))  # type: ignore[call-overload]
        assert one == other
        assert np.abs(first - second).max() < 1e-3


def test_a_request_that_is_too_much_goes_in_halves(server: EmbeddingServer, embedder_there: EmbedderOnServer) -> None:
    server.max_parts = 2
    server.requests.clear()
    pictures = [crop(40, seed) for seed in range(5)]
    assert len(embedder_there.embed_images(pictures)) == 5
    assert server.requests == [5, 2, 3, 1, 2]


def test_a_picture_that_the_server_refuses_fails_alone(
    server: EmbeddingServer, embedder_there: EmbedderOnServer
) -> None:
    server.max_pixels = 2000
    good, bad = embedder_there.embed_images([crop(40), crop(80)])
    assert isinstance(bad, Failure) and bad.reason == "too_many_pixels"
    assert not isinstance(good, Failure)


def test_a_server_that_is_full_is_waited_for(
    server: EmbeddingServer, embedder_there: EmbedderOnServer, waits: list[float]
) -> None:
    server.faults += [
        ModelServerError("overloaded", "full", retry_after_s=2.0),
        ModelServerError("unreachable", "being started again"),
    ]
    (vector,) = embedder_there.embed_texts(["a red dress"])
    assert not isinstance(vector, Failure)
    assert waits == [2.0, 1.0]


def test_a_server_that_stays_away_ends_the_run_and_what_was_written_stays(
    shop: CutShop, records: Records, server: EmbeddingServer, embedder_there: EmbedderOnServer, waits: list[float]
) -> None:
    for number in range(6):
        shop.sell(str(number), f"a{number}")
    shop.bring(records)
    shop.cut(records)
    line = Threads(embedder_there, "server", 2, 1)
    server.faults += [ModelServerError("internal", "broken")] * 1000
    report = index_catalog(records, shop.folder, line)
    assert report.stopped is not None and report.stopped.code == "model_server_down"
    assert "run the command again" in report.stopped.message
    assert len(waits) >= ATTEMPTS - 1
    assert rows_of(records) == []
    server.faults.clear()
    assert index_catalog(records, shop.folder, line).embedded.images == 6


def test_another_embedder_in_the_middle_ends_the_run(
    shop: CutShop, records: Records, server: EmbeddingServer, embedder_there: EmbedderOnServer
) -> None:
    shop.sell("1", "a")
    shop.bring(records)
    shop.cut(records)
    server.version = "another"
    report = index_catalog(records, shop.folder, Threads(embedder_there, "server", 2, 1))
    assert report.stopped is not None and "another" in report.stopped.message
    assert rows_of(records) == []


def test_words_are_left_out_where_the_server_has_no_text_tower(
    shop: CutShop, records: Records, server: EmbeddingServer, client: ModelClient
) -> None:
    server.has_texts = False
    embedder = EmbedderOnServer(client)
    shop.sell("1", "a")
    shop.sell("2")
    shop.bring(records)
    shop.cut(records)
    report = index_catalog(records, shop.folder, Threads(embedder, "server", 2, 1))
    assert (report.has_texts, report.embedded.images, report.embedded.texts) == (False, 1, 0)
    assert report.counts == {"products": 1, "images": 1, "texts": 0, "duplicates": 0, "without_vectors": 1}


def test_a_server_that_does_not_answer_is_told_at_once() -> None:
    with ModelClient("http://127.0.0.1:9") as nobody, pytest.raises(ModelServerError, match="cannot be reached"):
        EmbedderOnServer(nobody)

"""What an embedder's cosines mean, asked of the model server once a version."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI, Response

from functions.model_calls import cutoffs_of
from infra.errors import ErrorCode, ReelwearError
from serve_app.client import ModelClient
from serve_app.contract import Cutoffs, ModelInfo, ModelsAnswer
from tests.functions.api.shelf import served

FITTED = {"default": Cutoffs(exact=0.9, similar=0.8, same=0.85, unrelated=0.4)}


class Server:
    """A model server that counts how often it is asked for its models."""

    def __init__(self) -> None:
        self.asked = 0
        self.version = "1"

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/v1/models")
        def models() -> Response:
            self.asked += 1
            row = ModelInfo(role="embedder", name="e", version=self.version, licence="", device="cpu", cutoffs=FITTED)
            return Response(ModelsAnswer(models=(row,)).model_dump_json(), media_type="application/json")

        return app


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def client(server: Server) -> Iterator[ModelClient]:
    with served(server.app()) as port, ModelClient(f"http://127.0.0.1:{port}") as connected:
        yield connected


def test_cut_offs_are_asked_for_once_a_version(server: Server, client: ModelClient) -> None:
    assert cutoffs_of(client, "e@1") == cutoffs_of(client, "e@1") == FITTED
    assert server.asked == 1
    server.version = "2"
    assert cutoffs_of(client, "e@2") == FITTED
    assert server.asked == 2


def test_an_embedder_that_changed_meanwhile_is_worth_another_try(server: Server, client: ModelClient) -> None:
    server.version = "2"
    with pytest.raises(ReelwearError, match="embedded by e@1, but e@2 runs now") as caught:
        cutoffs_of(client, "e@1")
    assert caught.value.code is ErrorCode.MODEL_SERVER_DOWN
    assert caught.value.is_retryable


def test_a_server_that_is_gone_is_worth_another_try() -> None:
    with ModelClient("http://127.0.0.1:9") as nobody, pytest.raises(ReelwearError) as caught:
        cutoffs_of(nobody, "e@1")
    assert caught.value.code is ErrorCode.MODEL_SERVER_DOWN

"""The catalogue over HTTP."""

from collections.abc import Iterator

import pytest

from functions.api.app import build_app
from functions.cli.client import HostClient
from infra.errors import ErrorCode, ReelwearError
from tests.functions.api.shelf import HOOK_SECRET, TOKEN, Shelf, hit, served


@pytest.fixture
def url() -> Iterator[str]:
    shelf = Shelf()
    shelf.hits.append(hit())
    with served(build_app(shelf, TOKEN, HOOK_SECRET)) as port:
        yield f"http://127.0.0.1:{port}"


def test_a_sync_is_asked_for_and_answered(url: str) -> None:
    with HostClient(url, TOKEN) as client:
        assert (client.sync_catalog().stored, client.sync_catalog().dropped) == (1, ())
        assert client.sync_catalog(is_dropping_old=True).dropped == ("shelf@0",)


def test_a_sync_needs_the_token(url: str) -> None:
    with HostClient(url, "another") as client, pytest.raises(ReelwearError) as fault:
        client.sync_catalog()
    assert fault.value.code is ErrorCode.UNAUTHORIZED

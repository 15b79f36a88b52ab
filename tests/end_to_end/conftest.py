"""One stack for all end-to-end tests."""

from collections.abc import Iterator

import pytest

from tests.end_to_end.running import Stack, start


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack that the end-to-end tests share."""
    running = start(tmp_path_factory.mktemp("stack"))
    yield running
    running.reelwear("down", check=False)
    running.api.close()

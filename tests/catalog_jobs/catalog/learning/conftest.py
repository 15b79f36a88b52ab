"""A drawn shop and tiny models for the tests of training."""

from pathlib import Path

import pytest

from tests.catalog_jobs.catalog.learning.drawn import write_shop


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of prompts beside its pictures: 36 products, half of them held out."""
    return write_shop(tmp_path_factory.mktemp("shop"))

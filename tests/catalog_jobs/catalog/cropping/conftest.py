"""The parser of the package, loaded once."""

import pytest

from catalog_jobs.catalog.cropping.looking import ParserLooks
from catalog_jobs.catalog.cropping.options import MIN_SCORE


@pytest.fixture(scope="session")
def looks() -> ParserLooks:
    return ParserLooks(MIN_SCORE, threads=2)

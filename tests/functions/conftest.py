from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.records.store import Records


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    """A fresh, migrated metadata store."""
    store = Records(f"sqlite:///{tmp_path / 'records.sqlite'}")
    store.migrate()
    yield store
    store.close()

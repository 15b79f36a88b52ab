"""The model server as a part of the stack."""

import pytest

from infra.local.models import LARGE_START_TIMEOUT_S, START_TIMEOUT_S, start_timeout_s
from infra.settings import ModelSettings


@pytest.mark.parametrize(
    ("named", "seconds"),
    [
        pytest.param({}, START_TIMEOUT_S, id="the package's own"),
        pytest.param({"embedder": "fashion-clip"}, LARGE_START_TIMEOUT_S, id="a large one"),
        pytest.param({"people": "rf-detr-seg-medium"}, LARGE_START_TIMEOUT_S, id="one beside them"),
    ],
)
def test_large_models_have_longer_until_they_are_healthy(named: dict[str, str], seconds: float) -> None:
    assert start_timeout_s(ModelSettings(**named)) == seconds  # type: ignore[arg-type]

"""What follows from settings."""

import pytest

from serve_app.config import ServeSettings, threads_on

LARGE = {"detector": "grounding-dino-tiny", "segmenter": "sam2.1-tiny"}


@pytest.mark.parametrize(
    ("named", "cores", "threads"),
    [
        pytest.param({}, 8, 8, id="the package's own models take every core"),
        pytest.param({**LARGE, "device": "cpu"}, 8, 7, id="large ones on the processor leave one"),
        pytest.param({**LARGE, "gpus_per_replica": 0}, 8, 7, id="also without a share of a GPU"),
        pytest.param({**LARGE, "device": "cpu"}, 3, 2, id="of three"),
        pytest.param({**LARGE, "device": "cpu"}, 2, 2, id="but not of two"),
        pytest.param({**LARGE, "device": "cuda"}, 8, 8, id="on a GPU they leave nothing"),
        pytest.param({**LARGE, "device": "cpu", "model_threads": 8}, 8, 8, id="what is set is taken at its word"),
        pytest.param({**LARGE, "device": "cpu", "model_threads": 64}, 8, 8, id="up to the cores"),
    ],
)
def test_the_threads_of_the_models(named: dict[str, object], cores: int, threads: int) -> None:
    assert threads_on(cores, ServeSettings(**named)) == threads  # type: ignore[arg-type]


def test_the_threads_in_force_are_those_on_the_cores_that_are_there() -> None:
    assert ServeSettings(model_threads=1).threads == 1

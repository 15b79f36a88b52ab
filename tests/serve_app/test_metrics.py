"""What a pass is told to have done."""

import pytest

from serve_app.metrics import ModelMetrics, utilisation_of


def test_utilisation_is_work_over_what_the_device_could_do() -> None:
    # A device of 100 TFLOP/s has room for 50e12 operations in half a second.
    assert utilisation_of(10 * 10**12, 0.5, 100e12) == pytest.approx(0.2)
    assert utilisation_of(10**15, 0.5, 100e12) == 1.0


def test_a_pass_without_counted_work_tells_none() -> None:
    metrics = ModelMetrics(())
    with metrics.passing("frames", [0.0, 0.0]):
        pass
    assert metrics.flops == {}


def test_a_failed_pass_is_still_a_pass() -> None:
    with pytest.raises(ValueError, match="broken"), ModelMetrics((), {"frames": 10}, 1e12).passing("frames", [0.0]):
        raise ValueError("broken")

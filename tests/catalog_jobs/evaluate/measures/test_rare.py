import pytest

from catalog_jobs.evaluate.measures.rare import poisson_interval


@pytest.mark.parametrize(
    "count, low, high",
    [
        # Garwood 1936, as tabulated in Ulm 1990, Am. J. Epidemiology 131:373.
        pytest.param(0, 0.0, 3.689, id="none"),
        pytest.param(1, 0.025, 5.572, id="one"),
        pytest.param(10, 4.795, 18.390, id="ten"),
        pytest.param(100, 81.364, 121.627, id="hundred"),
    ],
)
def test_the_exact_interval_is_that_of_the_tables(count: int, low: float, high: float) -> None:
    assert poisson_interval(count, 1) == pytest.approx((low, high), abs=6e-4)
    assert poisson_interval(count, 50) == pytest.approx((low / 50, high / 50), abs=6e-4)

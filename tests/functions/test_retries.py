import random

from hypothesis import given
from hypothesis import strategies as st

from functions.retries import delay_s, is_given_up
from infra.errors import ErrorCode, ReelwearError
from infra.settings import BusSettings

SETTINGS = BusSettings(max_attempts=3, max_outage_attempts=9, retry_base_s=1.0, retry_max_s=20.0)


def test_bad_input_is_given_up_at_once() -> None:
    assert is_given_up(ReelwearError(ErrorCode.NOT_MEDIA, ""), 1, SETTINGS)


def test_a_fault_is_given_up_at_its_limit_and_an_outage_much_later() -> None:
    fault, outage = ReelwearError(ErrorCode.INTERNAL, ""), ReelwearError(ErrorCode.MODEL_SERVER_DOWN, "")
    assert [is_given_up(fault, attempt, SETTINGS) for attempt in (1, 2, 3)] == [False, False, True]
    assert [is_given_up(outage, attempt, SETTINGS) for attempt in (3, 8, 9)] == [False, False, True]


@given(st.integers(1, 10_000), st.integers())
def test_waits_double_up_to_the_ceiling(attempt: int, seed: int) -> None:
    ceiling = min(20.0, 2.0 ** min(attempt - 1, 10))
    assert ceiling / 2 <= delay_s(attempt, SETTINGS, random.Random(seed)) <= ceiling

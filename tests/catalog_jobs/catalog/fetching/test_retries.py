"""Waits between attempts, and how long a server asks for."""

import random
from datetime import UTC, datetime

import pytest

from catalog_jobs.catalog.fetching.options import FetchOptions
from catalog_jobs.catalog.fetching.retries import delay_s, retry_after_s

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "header, seconds",
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("0", 0.0),
        (" 17 ", 17.0),
        ("Sat, 21 Nov 2026 12:01:30 GMT", 90.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
        ("Sat, 21 Nov 2026 12:00:10 -0000", 10.0),
    ],
)
def test_retry_after_holds_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header, NOW) == seconds


def test_waits_lie_anywhere_below_a_ceiling_that_doubles() -> None:
    options, rng = FetchOptions(backoff_base_s=1.0, backoff_cap_s=10.0), random.Random(7)
    for attempt, ceiling in ((1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0), (5, 10.0), (5000, 10.0)):
        waits = [delay_s(attempt, options, rng) for _ in range(400)]
        assert 0 <= min(waits) < 0.05 * ceiling
        assert 0.95 * ceiling < max(waits) <= ceiling

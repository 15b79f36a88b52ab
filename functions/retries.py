"""When a message is tried again, and when it is given up."""

import random

from infra.errors import ErrorCode, ReelwearError
from infra.settings import BusSettings

OUTAGES = frozenset({ErrorCode.MODEL_SERVER_DOWN, ErrorCode.STORE_DOWN, ErrorCode.BUS_DOWN, ErrorCode.DISK_FULL})


def is_given_up(error: ReelwearError, attempt: int, settings: BusSettings) -> bool:
    """Whether this attempt (from 1) was the last. An outage is no fault of the video: it has its own, larger limit."""
    limit = settings.max_outage_attempts if error.code in OUTAGES else settings.max_attempts
    return not error.is_retryable or attempt >= limit


def delay_s(attempt: int, settings: BusSettings, rng: random.Random) -> float:
    """Seconds before the next attempt: doubling from the base to the ceiling, half of it jitter."""
    ceiling: float = min(settings.retry_max_s, settings.retry_base_s * 2 ** min(attempt - 1, 30))
    return ceiling * (0.5 + 0.5 * rng.random())

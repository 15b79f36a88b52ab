"""How long is waited before a picture is asked for again."""

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from catalog_jobs.catalog.fetching.options import FetchOptions


def delay_s(attempt: int, options: FetchOptions, rng: random.Random) -> float:
    """Seconds after the failed attempt (from 1): anywhere from none to a ceiling that doubles.

    Full jitter, which spreads callers best (M. Brooker, Exponential Backoff and Jitter, AWS 2015).
    """
    return rng.uniform(0, min(options.backoff_cap_s, options.backoff_base_s * 2 ** min(attempt - 1, 30)))


def retry_after_s(header: str | None, now: datetime | None = None) -> float | None:
    """The seconds of a Retry-After header, which holds seconds or a date (RFC 9110, 10.2.3); None where it says none.

    >>> retry_after_s("7"), retry_after_s("soon")
    (7.0, None)
    """
    if not header:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        until = parsedate_to_datetime(header)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())

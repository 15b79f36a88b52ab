"""How pictures are fetched: limits, times, and what is trusted."""

from dataclasses import dataclass
from typing import Final

# Shopify takes pictures of up to 20 MB and 25 megapixels; twice its pixels lets other shops' cameras in.
MAX_BYTES: Final = 20 * 1024**2
MAX_PIXELS: Final = 50_000_000


@dataclass(frozen=True)
class FetchOptions:
    """at_once, at_once_per_host: requests under way. window: pictures begun and not ended, most of them waiting for
    their host's turn. attempts: of one picture, the first included. max_wait_s: the longest Retry-After that is obeyed;
    a host that asks for more is left for another run. max_misses: connections to a host that fail one after another
    before the rest of its pictures are given up. trusted_hosts: names (or addresses, as the URL has them) that may
    lie at private addresses. is_asking_again: ask the servers whether what lies here has changed.
    """

    at_once: int = 32
    at_once_per_host: int = 8
    window: int = 256
    attempts: int = 5
    backoff_base_s: float = 0.5
    backoff_cap_s: float = 30.0
    max_wait_s: float = 120.0
    max_misses: int = 20
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 30.0
    total_timeout_s: float = 120.0
    max_bytes: int = MAX_BYTES
    max_pixels: int = MAX_PIXELS
    max_redirects: int = 5
    trusted_hosts: frozenset[str] = frozenset()
    is_asking_again: bool = False
    user_agent: str = "reelwear-catalog"

"""Which products are trained on and which are held out, for good: by a hash, so that new products move no old one."""

import hashlib
from typing import Final, Literal

Side = Literal["train", "val"]

HELD_OUT_SHARE: Final = 0.1
DIGITS: Final = 8


def side_of(kin: str, seed: int) -> Side:
    """The side of all that share a name: a variant group, or a product that has none. One of ten is held out.

    >>> [side_of(name, 42) for name in ("101", "102", "104")]
    ['train', 'train', 'val']
    """
    digest = hashlib.sha256(f"{seed}:{kin}".encode("utf-8", "surrogatepass")).hexdigest()
    return "val" if int(digest[:DIGITS], 16) < HELD_OUT_SHARE * 16**DIGITS else "train"


def kin_of(product_id: str, group: str) -> str:
    """The name that a product shares with its variants; ids and groups are kept apart."""
    return f"group {group}" if group else f"product {product_id}"

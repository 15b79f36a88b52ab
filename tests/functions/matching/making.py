"""Items, candidates and fits with plain numbers."""

import numpy as np

from functions.matching.fit import Fit
from functions.matching.scoring import Candidate, Sought
from serve_app.contract import Cutoffs, WordFit

RED, DARK_RED, BLUE = "#c02030", "#8c1824", "#2038b0"
CUTOFFS = Cutoffs(exact=0.8, similar=0.7, same=0.95, unrelated=0.4)
FIT = Fit(
    {"default": CUTOFFS, "shoes": Cutoffs(exact=0.7, similar=0.5, same=0.9, unrelated=0.3)}, WordFit(scale=20, bias=-6)
)


def sought(kind: str = "dress", color: str | None = RED) -> Sought:
    return Sought(kind, color, np.array([1, 0], np.float32))


def picture(product_id: str = "p", cosine: float = 0.97, **changes: object) -> Candidate:
    """A picture of a red dress."""
    made = {"part": f"{product_id}-1", "types": ("dress",), "color_hex": RED, **changes}
    return Candidate(product_id=product_id, kind="image", cosine=cosine, **made)  # type: ignore[arg-type]


def words(product_id: str = "w", cosine: float = 0.4, **changes: object) -> Candidate:
    """The words of a red dress."""
    made = {"part": "text", "types": ("dress",), "color_basic": "red", **changes}
    return Candidate(product_id=product_id, kind="text", cosine=cosine, **made)  # type: ignore[arg-type]

"""Whether a picture shows a dressed person, or a garment by itself, from what was found in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from catalog_jobs.catalog.cropping.decoding import Picture
from catalog_jobs.catalog.cropping.finds import Find
from serve_app.contract import Mask

# Cr and Cb of skin of any tone, its luma apart (Chai & Ngan 1999).
SKIN_LOW: Final = np.array([40, 133, 77], np.uint8)
SKIN_HIGH: Final = np.array([255, 173, 127], np.uint8)


@dataclass(frozen=True)
class WornRules:
    """Shares are of what lies on the plain ground. sure, seen: chances from which a find counts as a type that is
    worn, and as something that is covered.

    Fitted on what `reelwear-garment-parser` finds in single garments on plain grounds and in people cut out and laid on
    one, whole or cut at neck and hip.
    """

    sure: float = 0.5
    seen: float = 0.3
    # Of several types found surely; of many, or of a body that the picture cuts, less will do.
    min_cover: float = 0.45
    min_cover_cut: float = 0.33
    many_types: int = 3
    # Of what no find covers, so much is skin on a person of whom one garment is seen.
    min_skin: float = 0.5
    min_rest: float = 0.05
    # The upper or lower edge of the picture cuts a body over so much of its length.
    min_edge: float = 0.12


def is_worn(picture: Picture, finds: Sequence[Find], foreground: Mask | None, rules: WornRules | None = None) -> bool:
    """Whether somebody wears what is seen. foreground: H×W, what lies on a plain ground; None where there is none.

    A parser that learnt from photos of people takes patches of a garment by itself for several garments, but seldom
    surely and never all of it; on a person, sure finds of several types cover most, and skin and hair the rest.
    """
    rules = rules or WornRules()
    sure = {find.type for find in finds if find.score >= rules.sure}
    if foreground is None:
        return len(sure) >= 2
    shown = np.count_nonzero(foreground)
    seen = [find.mask for find in finds if find.score >= rules.seen]
    if not sure or not shown or not seen:
        return False
    covered = np.logical_or.reduce(seen) & foreground
    cover = float(np.count_nonzero(covered) / shown)
    is_cut = max(foreground[0].mean(), foreground[-1].mean()) >= rules.min_edge
    if len(sure) >= 2:
        return cover >= (rules.min_cover_cut if is_cut or len(sure) >= rules.many_types else rules.min_cover)
    if cover < rules.min_cover:
        return False
    if is_cut:
        return True
    rest = foreground & ~covered
    if np.count_nonzero(rest) < rules.min_rest * shown:
        return False
    tones = cv2.cvtColor(picture.pixels, cv2.COLOR_RGB2YCrCb)
    is_skin = cv2.inRange(tones, SKIN_LOW, SKIN_HIGH) > 0
    # A camel coat has the tones of skin all over.
    return bool(is_skin[rest].mean() >= rules.min_skin) and bool(is_skin[covered].mean() < rules.min_skin)

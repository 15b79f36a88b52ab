"""Where a garment is on its picture, known because it was drawn."""

import numpy as np
from numpy.typing import NDArray

from catalog_jobs.catalog.sample.camera import View, filled, window_of
from catalog_jobs.catalog.sample.curves import HEIGHT, WIDTH
from catalog_jobs.catalog.sample.drawing import Drawing, Piece


def silhouette(drawing: Drawing, view: View) -> NDArray[np.bool_]:
    """Where the garment is on the picture of a view (800×600)."""
    cover = np.zeros((HEIGHT, WIDTH), np.float32)
    for part in drawing:
        window = window_of(part.outline, view, margin=2) if isinstance(part, Piece) else None
        if isinstance(part, Piece) and window:
            x0, x1, y0, y1 = window
            np.maximum(cover[y0:y1, x0:x1], filled(part, view, window), out=cover[y0:y1, x0:x1])
    return cover > 0.5

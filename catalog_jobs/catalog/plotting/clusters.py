"""The cosine distance of each to each, in an order that puts clusters side by side; needs SciPy."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from catalog_jobs.catalog.plotting.extras import need
from catalog_jobs.catalog.plotting.points import Indices, Points, Vectors

MOST_POINTS: Final = 400
LEAST_SCALE: Final = 0.05


@dataclass(frozen=True)
class HeatMap:
    """order: positions of the points shown (N), cluster by cluster. distances: N×N in that order. links: the clusters
    as `scipy.cluster.hierarchy.linkage` gives them, of the points before they were ordered. total: points in all.
    """

    order: Indices
    distances: Vectors
    links: NDArray[np.float64]
    total: int

    @property
    def most(self) -> float:
        """The largest distance, where the scale ends."""
        return max(LEAST_SCALE, float(self.distances.max(initial=0)))

    @property
    def about(self) -> str:
        """What is shown, in a sentence or two."""
        count = len(self.order)
        shown = f"{count} of {self.total:,} points, chosen by the seed" if self.total > count else f"{count} points"
        return (
            f"The cosine distance (1 − cosine) of {shown}, clustered by average linkage: dark squares along the "
            "diagonal are groups that look alike. Point at a cell to see the two."
        )


def heat_map(points: Points, seed: int) -> HeatMap:
    """Distances of at most MOST_POINTS points (at least two), more are sampled by the seed. Raises BAD_SETTING."""
    need("SciPy", "the heat map")
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    positions = np.arange(len(points))
    if len(points) > MOST_POINTS:
        positions = np.sort(np.random.default_rng(seed).choice(len(points), MOST_POINTS, replace=False))
    vectors = points.vectors[positions].astype(np.float64)
    distances = np.clip(1 - vectors @ vectors.T, 0, 2)
    np.fill_diagonal(distances, 0)
    distances = (distances + distances.T) / 2
    links = linkage(squareform(distances, checks=False), "average", optimal_ordering=True)
    leaves = leaves_list(links)
    ordered = np.asarray(distances[np.ix_(leaves, leaves)], np.float32)
    return HeatMap(positions[leaves], ordered, links, len(points))

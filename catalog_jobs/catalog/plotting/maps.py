"""Maps: vectors of many dimensions laid out in two or three, so that what is alike lies together."""

import warnings
from dataclasses import dataclass
from typing import Final

import numpy as np

from catalog_jobs.catalog.plotting.extras import need
from catalog_jobs.catalog.plotting.options import MapOptions, Method
from catalog_jobs.catalog.plotting.points import Vectors
from infra.errors import ErrorCode, ReelwearError

# Below these the methods have nothing to choose from, and raise: t-SNE's least perplexity by rule is 5.
MIN_POINTS: Final = {Method.PCA: 0, Method.TSNE: 7, Method.UMAP: 8}
LEAST_AUTO_PERPLEXITY: Final = 5
MOST_AUTO_PERPLEXITY: Final = 30
# Vectors nearer to their mean than this, in all, are one and the same point.
SAME_SPREAD: Final = 1e-6
MOST_INSIDE: Final = 0.97
# scikit-learn's automatic learning rate is never below 50, at which some tens of points fly apart: of 30 in three
# clusters the trustworthiness in three dimensions is 0.55 by it and 0.97 by this rule, which meets it at 750 points.
LEAST_AUTO_RATE: Final = 50
LEAST_RATE: Final = 10
POINTS_A_STEP: Final = 15


@dataclass(frozen=True)
class Map:
    """Where each point lies (N×dims, float32), see `framed`.

    method: what made it, which may be PCA where another one was asked for; note: why, or what else is to be known.
    axes: what each axis is, where it is something. settings: how the method was set.
    """

    method: Method
    dims: int
    places: Vectors
    axes: tuple[str, ...] = ()
    settings: str = ""
    note: str = ""

    @property
    def title(self) -> str:
        """Method and dimensions."""
        return f"{self.method.spelled} {self.dims}D"


def make_map(vectors: Vectors, options: MapOptions) -> Map:
    """Lay vectors (N×D, unit length) out. The same seed gives the same map.

    Where there are too few points for a method, or they all are the same, it is PCA that lays them out. Raises
    BAD_SETTING where a package is missing, BAD_REQUEST for a perplexity that is not below the number of points.
    """
    count = len(vectors)
    least = MIN_POINTS[options.method]
    if count < least:
        note = f"{options.method.spelled} needs {least} points and there are {count}: laid out by PCA"
        return _pca(vectors, options.dims, note)
    if options.method is not Method.PCA and _spread(vectors) < SAME_SPREAD:
        note = f"all {count} points are the same, which leaves {options.method.spelled} nothing to do"
        return _pca(vectors, options.dims, note)
    if options.method is Method.TSNE:
        return _tsne(vectors, options)
    return _umap(vectors, options) if options.method is Method.UMAP else _pca(vectors, options.dims)


def auto_perplexity(count: int) -> int:
    """The perplexity for so many points.

    >>> auto_perplexity(10), auto_perplexity(60), auto_perplexity(1000)
    (5, 12, 30)
    """
    return min(MOST_AUTO_PERPLEXITY, max(LEAST_AUTO_PERPLEXITY, count // 5))


def _pca(vectors: Vectors, dims: int, note: str = "") -> Map:
    places = np.zeros((len(vectors), dims), np.float32)
    shares = np.zeros(dims)
    if len(vectors) > 1:
        centred = vectors - vectors.mean(axis=0)
        left, strengths, right = np.linalg.svd(centred, full_matrices=False)
        kept = min(dims, len(strengths))
        # A direction's sign is arbitrary: the largest part of it points up, so that the map is always the same.
        signs = np.sign(right[np.arange(kept), np.abs(right[:kept]).argmax(axis=1)])
        places[:, :kept] = left[:, :kept] * (strengths[:kept] * np.where(signs == 0, 1, signs))
        total = float((strengths**2).sum())
        shares[:kept] = strengths[:kept] ** 2 / total if total > SAME_SPREAD**2 else 0
    axes = tuple(f"component {number} ({share:.0%} of the variance)" for number, share in enumerate(shares, 1))
    settings = f"{shares.sum():.0%} of the variance"
    return Map(Method.PCA, dims, framed(places), axes, settings, note)


def _tsne(vectors: Vectors, options: MapOptions) -> Map:
    need("scikit-learn", "a map by t-SNE")
    from sklearn.manifold import TSNE

    perplexity = options.perplexity or auto_perplexity(len(vectors))
    if perplexity >= len(vectors):
        message = f"--perplexity is {perplexity:g}, which must be below {len(vectors)}, the number of points"
        raise ReelwearError(ErrorCode.BAD_REQUEST, message)
    count = len(vectors)
    rate = max(LEAST_RATE, count / POINTS_A_STEP) if count < LEAST_AUTO_RATE * POINTS_A_STEP else "auto"
    # Of unit vectors the Euclidean distance orders as the cosine does, and has the faster trees.
    method = TSNE(options.dims, perplexity=perplexity, random_state=options.seed, init="pca", learning_rate=rate)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        places = method.fit_transform(vectors)
    return Map(Method.TSNE, options.dims, framed(places), settings=f"perplexity {perplexity:g}, seed {options.seed}")


def _umap(vectors: Vectors, options: MapOptions) -> Map:
    need("umap-learn", "a map by UMAP")
    neighbours = min(options.neighbours, len(vectors) - 1)
    note = f"{options.neighbours} neighbours are more than the other points: {neighbours} taken"
    # It warns of TensorFlow, which it can do without, and of the single thread that a seed asks for.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from umap import UMAP

        method = UMAP(
            n_components=options.dims, n_neighbors=neighbours, metric="cosine", random_state=options.seed, n_jobs=1
        )
        places = method.fit_transform(vectors)
    settings = f"{neighbours} neighbours, seed {options.seed}"
    note = note if neighbours < options.neighbours else ""
    return Map(Method.UMAP, options.dims, framed(np.asarray(places)), settings=settings, note=note)


def framed(places: Vectors) -> Vectors:
    """Places (N×dims) moved and scaled alike in all directions.

    In two dimensions their middle is at 0 and the farthest coordinate at ±1; in three their median is at 0 and nearly
    all are within 1 of it.
    """
    if not len(places):
        return np.asarray(places, np.float32)
    if places.shape[1] == 3:
        # A few far ones would leave the others a dot in the middle, and unlike a flat map this one cannot be panned.
        centred = places - np.median(places, axis=0)
        reach = float(np.quantile(np.linalg.norm(centred, axis=1), MOST_INSIDE))
    else:
        centred = places - (places.max(axis=0) + places.min(axis=0)) / 2
        reach = float(np.abs(centred).max())
    return np.asarray(centred / reach if reach > SAME_SPREAD else np.zeros_like(centred), np.float32)


def _spread(vectors: Vectors) -> float:
    return float(np.abs(vectors - vectors.mean(axis=0)).max())

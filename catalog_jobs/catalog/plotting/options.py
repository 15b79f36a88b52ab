"""What is to be drawn, and how."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

DEFAULT_SEED: Final = 42
DEFAULT_DUPLICATE_COSINE: Final = 0.95
DEFAULT_SHEET_ROWS: Final = 24
DEFAULT_OUTLIERS: Final = 24
NEIGHBOURS_ON_A_CARD: Final = 6
MOST_EMBEDDED_BYTES: Final = 12_000_000


class Kind(StrEnum):
    """What one point is: a picture or the words of a product, a garment, a frame or the whole of a video."""

    PRODUCT = "product"
    TEXT = "text"
    ITEM = "item"
    FRAME = "frame"
    VIDEO = "video"


class Subject(StrEnum):
    """What a plot shows."""

    PRODUCTS = "products"
    ITEMS = "items"
    FRAMES = "frames"
    VIDEOS = "videos"
    TEXTS = "texts"
    ALL = "all"

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of its points, in the order in which they are listed."""
        return tuple(Kind) if self is Subject.ALL else (_KIND_OF[self],)


_KIND_OF: Final = {
    Subject.PRODUCTS: Kind.PRODUCT,
    Subject.TEXTS: Kind.TEXT,
    Subject.ITEMS: Kind.ITEM,
    Subject.FRAMES: Kind.FRAME,
    Subject.VIDEOS: Kind.VIDEO,
}
SUBJECT_OF: Final = {kind: subject for subject, kind in _KIND_OF.items()}


class Method(StrEnum):
    """How many dimensions become two or three."""

    PCA = "pca"
    TSNE = "tsne"
    UMAP = "umap"

    @property
    def spelled(self) -> str:
        """As its authors write it."""
        return {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}[self.value]


class ColorBy(StrEnum):
    """What the colours of a map tell."""

    TYPE = "type"
    CATEGORY = "category"
    VIDEO = "video"
    COLOR = "color"


@dataclass(frozen=True)
class MapOptions:
    """How a map is made. perplexity: of t-SNE, None by the number of points. neighbours: of UMAP."""

    method: Method
    dims: int = 2
    perplexity: float | None = None
    neighbours: int = 15
    seed: int = DEFAULT_SEED


@dataclass(frozen=True)
class PlotOptions:
    """What one run draws.

    maps: each is a choice in the page and a PNG. color: None for what tells most. sample: at most so many points.
    embedder: name@version, None for the live one. sheet_rows, outliers: how many, 0 for none. among: what the
    neighbours of a sheet are sought in, None for products where there are some and the subject is items, else the
    subject itself. duplicate_cosine: from which cosine on pairs are listed; None for no list.
    note: what is to be known of the options. most_embedded_bytes: of pictures inside a page, beyond which they lie
    beside it; base64 makes it a third more.
    """

    subject: Subject
    maps: tuple[MapOptions, ...]
    color: ColorBy | None = None
    sample: int | None = None
    seed: int = DEFAULT_SEED
    embedder: str | None = None
    has_heatmap: bool = False
    sheet_rows: int = 0
    among: Subject | None = None
    duplicate_cosine: float | None = None
    outliers: int = 0
    note: str = ""
    most_embedded_bytes: int = MOST_EMBEDDED_BYTES

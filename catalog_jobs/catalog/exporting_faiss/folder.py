"""What lies in an exported folder: `index.faiss`, `metadata.json`, `manifest.json`."""

import hashlib
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from infra.errors import ErrorCode, ReelwearError

INDEX_FILE: Final = "index.faiss"
METADATA_FILE: Final = "metadata.json"
MANIFEST_FILE: Final = "manifest.json"
FORMAT: Final = 1
CHUNK_BYTES: Final = 1024**2

Kind = Literal["image", "text"]
Structure = Literal["flat", "hnsw"]


class HnswParameters(BaseModel):
    """How a graph was built, and how far it is searched (Malkov and Yashunin 2016)."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    m: int = 32
    """Neighbours of a vector in each layer; twice as many in the lowest."""
    ef_construction: int = 200
    """Candidates kept while a vector is put in."""
    ef_search: int = 128
    """Candidates kept while one is looked for, at least."""


class Manifest(BaseModel):
    """How the folder was made. Whoever reads it holds index and metadata against `sha256` first."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    format: Literal[1] = FORMAT
    embedder: str
    """As name@version: vectors of any other have nothing to do with these."""
    source: str
    """The catalogue's index and its revision."""
    kind: Kind
    """What the vectors are of: garments cut out of pictures, or products' words."""
    structure: Structure
    metric: Literal["inner product of unit vectors, the cosine"] = "inner product of unit vectors, the cosine"
    hnsw: HnswParameters | None = None
    dimension: int
    count: int
    products: int
    sha256: dict[str, str]
    """Of the index's and of the metadata's bytes."""
    content_sha256: str
    """Of the vectors and the metadata: the same where an export would say the same."""
    fit: dict[str, Any] = Field(default_factory=dict)
    """What cosines of the embedder mean; see `CatalogIndex.fit`."""


class Entry(BaseModel):
    """One row of the metadata: what the vector of this number is of."""

    model_config = ConfigDict(frozen=True)

    faiss_index: int
    product_id: str
    image_path: str | None
    part: str
    type: str | None
    types: list[str]
    color: str | None
    color_name: str | None
    title: str
    price: str | None
    list_price: str | None
    currency: str | None
    stock: int | None
    group_id: str | None
    picture_url: str | None


def load_faiss() -> ModuleType:
    """The library. Raises BAD_SETTING where it is not installed."""
    try:
        import faiss
    except ImportError as fault:
        message = "FAISS is not installed; pip install 'reelwear[jobs]'"
        raise ReelwearError(ErrorCode.BAD_SETTING, message) from fault
    return faiss


def sha256_of(path: Path) -> str:
    """Of a file's bytes, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()

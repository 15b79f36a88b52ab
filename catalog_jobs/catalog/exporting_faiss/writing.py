"""The export: rows of the live index to a folder, index and metadata in one go, so that neither has what the other
lacks.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from catalog_jobs.catalog.exporting_faiss.folder import (
    INDEX_FILE,
    MANIFEST_FILE,
    METADATA_FILE,
    Entry,
    HnswParameters,
    Kind,
    Manifest,
    load_faiss,
    sha256_of,
)
from catalog_jobs.catalog.exporting_faiss.reading import read_manifest
from catalog_jobs.catalog.exporting_faiss.rows import Source, live_source, pages_of, vector_count
from catalog_jobs.catalog.report import Document
from infra.errors import ErrorCode, ReelwearError
from infra.records.store import Records

OnProgress = Callable[[int, int], None]


class FaissReport(Document):
    """What `reelwear catalog export-faiss --json` prints. is_unchanged: the folder said the same before."""

    folder: str
    files: tuple[str, ...]
    embedder: str
    kind: str
    structure: str
    products: int
    vectors: int
    dimension: int
    is_unchanged: bool


def export_faiss(
    records: Records,
    folder: Path,
    kind: Kind = "image",
    hnsw: HnswParameters | None = None,
    on_progress: OnProgress = lambda _done, _total: None,
) -> FaissReport:
    """Write the vectors of what is sold, of one kind, for FAISS: flat, or as a graph by `hnsw`.

    The manifest goes first and comes last: a folder without one is none, whatever ended the export. Raises NOT_FOUND
    while nothing is indexed, BAD_REQUEST where the folder cannot be written, BAD_SETTING without FAISS.
    """
    faiss = load_faiss()
    source = live_source(records)
    index = new_index(faiss, source.dimension, hnsw)
    entries: list[Entry] = []
    digest = hashlib.sha256()
    total = vector_count(records, source.embedder, kind)
    for page, vectors in pages_of(records, source, kind):
        digest.update(np.ascontiguousarray(vectors, "<f4").tobytes())
        index.add(vectors)
        entries += [entry.model_copy(update={"faiss_index": len(entries) + at}) for at, entry in enumerate(page)]
        on_progress(len(entries), total)
    if not entries:
        message = f"no product that is sold has a vector of kind {kind}; `reelwear catalog index` makes them"
        raise ReelwearError(ErrorCode.NOT_FOUND, message)
    metadata = metadata_of(entries)
    digest.update(metadata)
    is_unchanged = says_the_same(folder, digest.hexdigest(), source, hnsw)
    if not is_unchanged:
        write_folder(faiss, folder, index, metadata, manifest_of(source, kind, hnsw, entries, digest.hexdigest()))
    return FaissReport(
        folder=str(folder),
        files=(INDEX_FILE, METADATA_FILE, MANIFEST_FILE),
        embedder=source.embedder,
        kind=kind,
        structure="flat" if hnsw is None else "hnsw",
        products=len({entry.product_id for entry in entries}),
        vectors=len(entries),
        dimension=source.dimension,
        is_unchanged=is_unchanged,
    )


def new_index(faiss: Any, dimension: int, hnsw: HnswParameters | None) -> Any:  # noqa: ANN401  FAISS has no types
    """An empty index of inner products."""
    if hnsw is None:
        return faiss.IndexFlatIP(dimension)
    index = faiss.IndexHNSWFlat(dimension, hnsw.m, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = hnsw.ef_construction
    index.hnsw.efSearch = hnsw.ef_search
    return index


def metadata_of(entries: Sequence[Entry]) -> bytes:
    """The metadata file: a JSON list, a line an entry."""
    return b"[\n" + b",\n".join(entry.model_dump_json().encode() for entry in entries) + b"\n]\n"


def manifest_of(
    source: Source, kind: Kind, hnsw: HnswParameters | None, entries: Sequence[Entry], content: str
) -> Manifest:
    """The manifest, without the hashes of files that are not written yet."""
    return Manifest(
        embedder=source.embedder,
        source=source.name,
        kind=kind,
        structure="flat" if hnsw is None else "hnsw",
        hnsw=hnsw,
        dimension=source.dimension,
        count=len(entries),
        products=len({entry.product_id for entry in entries}),
        sha256={},
        content_sha256=content,
        fit=source.fit,
    )


def says_the_same(folder: Path, content: str, source: Source, hnsw: HnswParameters | None) -> bool:
    """Whether a folder holds just that, whole, so that nothing is to be written."""
    try:
        there = read_manifest(folder)
        files = {name: sha256_of(folder / name) for name in (INDEX_FILE, METADATA_FILE)}
    except (ReelwearError, OSError):
        return False
    told = (there.content_sha256, there.hnsw, there.source, there.fit, there.sha256)
    return told == (content, hnsw, source.name, source.fit, files)


def write_folder(faiss: Any, folder: Path, index: Any, metadata: bytes, manifest: Manifest) -> None:  # noqa: ANN401
    """Write the three files; each takes its name once it is whole, the manifest after the others."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        parts = {name: folder / f".{name}.part" for name in (INDEX_FILE, METADATA_FILE, MANIFEST_FILE)}
        faiss.write_index(index, str(parts[INDEX_FILE]))
        parts[METADATA_FILE].write_bytes(metadata)
        hashes = {name: sha256_of(parts[name]) for name in (INDEX_FILE, METADATA_FILE)}
        whole = manifest.model_copy(update={"sha256": hashes})
        parts[MANIFEST_FILE].write_text(whole.model_dump_json(indent=1) + "\n", "utf-8")
        for path in parts.values():
            _to_disk(path)
        (folder / MANIFEST_FILE).unlink(missing_ok=True)
        for name, path in parts.items():
            path.replace(folder / name)
    except (OSError, RuntimeError) as fault:
        message = f"{folder} cannot be written ({fault}); name a folder that can"
        raise ReelwearError(ErrorCode.BAD_REQUEST, message) from fault


def _to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())

"""An exported folder read again, and searched."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from catalog_jobs.catalog.exporting_faiss.folder import (
    INDEX_FILE,
    MANIFEST_FILE,
    METADATA_FILE,
    Entry,
    Manifest,
    load_faiss,
    sha256_of,
)
from infra.errors import ErrorCode, ReelwearError

Numbers = NDArray[np.int64]
# Among so many chosen ones each is compared: quicker than a filter, and a graph's way to them may be cut.
COMPARED_ALL = 5000


@dataclass(frozen=True)
class FaissFolder:
    """An export in memory. entries: of each vector, by its number."""

    path: Path
    manifest: Manifest
    entries: tuple[Entry, ...]
    index: Any

    @classmethod
    def open(cls, path: Path) -> "FaissFolder":
        """Read a folder. Raises NOT_FOUND where it is no export, BAD_REQUEST where its files are not of one export, and
        BAD_SETTING without FAISS.
        """
        faiss = load_faiss()
        manifest = read_manifest(path)
        for name in (INDEX_FILE, METADATA_FILE):
            if not (path / name).is_file() or sha256_of(path / name) != manifest.sha256.get(name):
                raise _damaged(path, f"{name} is not the file that its manifest tells of")
        try:
            rows = json.loads((path / METADATA_FILE).read_bytes())
            entries = tuple(Entry.model_validate(row) for row in rows)
            index = faiss.read_index(str(path / INDEX_FILE))
        except (ValueError, RuntimeError) as fault:
            raise _damaged(path, str(fault)) from fault
        sizes = (index.ntotal, len(entries), index.d)
        if sizes != (manifest.count, manifest.count, manifest.dimension):
            raise _damaged(path, f"it has {index.ntotal} vectors and {len(entries)} entries, not {manifest.count}")
        return cls(path, manifest, entries, index)

    def vectors(self, numbers: Sequence[int] | Numbers) -> NDArray[np.float32]:
        """The vectors of some numbers, a row each."""
        if not len(numbers):
            return np.zeros((0, self.manifest.dimension), np.float32)
        return np.asarray(self.index.reconstruct_batch(np.asarray(numbers, np.int64)), np.float32)

    def search(
        self,
        vector: NDArray[np.float32],
        limit: int,
        chosen: Numbers | None = None,
        compared_all: int = COMPARED_ALL,
    ) -> list[tuple[int, float]]:
        """The numbers of the nearest vectors with their cosines, best first, of all or of the chosen ones; of so many
        chosen ones each is compared.
        """
        if chosen is not None and len(chosen) <= compared_all:
            cosines = self.vectors(chosen) @ np.asarray(vector, np.float32)
            best = np.argsort(-cosines, kind="stable")[:limit]
            return [(int(chosen[at]), float(cosines[at])) for at in best]
        limit = min(limit, self.manifest.count)
        asked = np.ascontiguousarray(vector[None], np.float32)
        found, numbers = self.index.search(asked, limit, params=self._parameters(limit, chosen))
        pairs = zip(numbers[0].tolist(), found[0].tolist(), strict=True)
        return [(number, cosine) for number, cosine in pairs if number >= 0]

    def _parameters(self, limit: int, chosen: Numbers | None) -> Any:  # noqa: ANN401  FAISS has no types
        faiss = load_faiss()
        selector = None if chosen is None else faiss.IDSelectorBatch(chosen)
        if self.manifest.hnsw is None:
            return None if selector is None else faiss.SearchParameters(sel=selector)
        depth = max(self.manifest.hnsw.ef_search, 2 * limit)
        return faiss.SearchParametersHNSW(efSearch=depth, sel=selector)


def read_manifest(path: Path) -> Manifest:
    """The manifest of a folder. Raises NOT_FOUND where there is none, BAD_REQUEST where it cannot be understood."""
    try:
        return Manifest.model_validate_json((path / MANIFEST_FILE).read_bytes())
    except OSError as fault:
        message = (
            f"{path} is no whole export ({MANIFEST_FILE} cannot be read); `reelwear catalog export-faiss` writes one"
        )
        raise ReelwearError(ErrorCode.NOT_FOUND, message) from fault
    except ValidationError as fault:
        raise _damaged(path, f"{MANIFEST_FILE} is none of this version") from fault


def _damaged(path: Path, why: str) -> ReelwearError:
    message = f"the export in {path} cannot be used: {why}; export it again with `reelwear catalog export-faiss`"
    return ReelwearError(ErrorCode.BAD_REQUEST, message)

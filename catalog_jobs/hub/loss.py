"""What a smaller copy of an embedder loses: how far its vectors turn, and whether it still finds the same pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from catalog_jobs.evaluate.data.class_folders import check_folder, list_pictures, read_or_refuse
from catalog_jobs.evaluate.data.views import view_of_picture
from serve_app.models.large.parts import Embedder
from serve_app.models.pictures import Image

Vectors = NDArray[np.float32]
RANKS: Final = (1, 10)
# Pictures of which so many at once are held in memory and embedded.
AT_ONCE: Final = 64
SEED: Final = 0
TEXTS: Final = (
    "a red dress",
    "hat",
    "light blue denim jacket with a white collar",
    "a woman wearing a long black coat and brown leather boots in a city street",
    "striped cotton shirt, short sleeves",
    "gold earrings",
    "white sneakers",
    "a photo of a floral summer skirt",
)


def pictures_of(folder: Path, most: int) -> list[Path]:
    """Pictures right in a folder and in its folders, at most so many, evenly over their names.

    Raises ValueError for a folder that is none or has none.
    """
    check_folder(folder, "a folder of pictures, or of class folders such as dress/ and hat/")
    inner = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    files = [file for place in (folder, *inner) for file in list_pictures(place)]
    if len(files) < 2:
        raise ValueError(f"{folder} has {len(files)} pictures, fewer than two; put .jpg or .png files into it")
    chosen = np.unique(np.linspace(0, len(files) - 1, min(most, len(files))).round().astype(int))
    return [files[index] for index in chosen]


def measure_pictures(files: Sequence[Path], plain: Embedder, smaller: Embedder) -> dict[str, object]:
    """How a smaller copy embeds pictures beside the plain model.

    cosine: of the two vectors of one picture. neighbours: of the k pictures that the plain model finds nearest to a
    view of one of them (see `view_of_picture`), the share that the copy finds too. own: the share of views whose own
    picture is among the k nearest, for both.
    """
    rng = np.random.default_rng(SEED)
    both = (plain, smaller)
    rows: dict[str, list[list[Vectors]]] = {"pictures": [[], []], "views": [[], []]}
    for at in range(0, len(files), AT_ONCE):
        pictures = [read_or_refuse(path) for path in files[at : at + AT_ONCE]]
        views = [view_of_picture(picture, rng) for picture in pictures]
        for side, embedder in enumerate(both):
            rows["pictures"][side].append(embedder.embed_images([as_tensor(one) for one in pictures]).numpy())
            rows["views"][side].append(embedder.embed_images([as_tensor(one) for one in views]).numpy())
    wanted, got = (np.concatenate(part) for part in rows["pictures"])
    of_plain, of_smaller = (
        nearest(np.concatenate(views), gallery) for views, gallery in zip(rows["views"], (wanted, got), strict=True)
    )
    return {
        "pictures": len(files),
        "cosine": cosines(wanted, got),
        "neighbours": {f"recall@{k}": shared(of_plain, of_smaller, k) for k in RANKS},
        "own": {
            name: {f"recall@{k}": own(found, k) for k in RANKS}
            for name, found in (("plain", of_plain), ("exported", of_smaller))
        },
    }


def measure_texts(plain: Embedder, smaller: Embedder) -> dict[str, object]:
    """How a smaller copy embeds some texts beside the plain model."""
    vectors = [embedder.embed_texts(TEXTS).numpy() for embedder in (plain, smaller)]
    return {"texts": len(TEXTS), "cosine": cosines(vectors[0], vectors[1])}


def cosines(wanted: Vectors, got: Vectors) -> dict[str, float]:
    """Mean and least cosine of unit vectors (N×D each) that belong together."""
    all_of_them = (wanted * got).sum(1)
    return {"mean": round(float(all_of_them.mean()), 5), "least": round(float(all_of_them.min()), 5)}


def nearest(queries: Vectors, gallery: Vectors) -> NDArray[np.int64]:
    """For each of Q unit vectors the rows of a gallery (N×D), the nearest first (Q×N)."""
    return np.argsort(-(queries @ gallery.T), axis=1, kind="stable")


def shared(wanted: NDArray[np.int64], got: NDArray[np.int64], k: int) -> float:
    """Mean share of the first k rows (or all, if there are fewer) that are also among the other's first k."""
    pairs = zip(wanted[:, :k], got[:, :k], strict=True)
    return round(float(np.mean([len(np.intersect1d(one, other)) / len(one) for one, other in pairs])), 4)


def own(found: NDArray[np.int64], k: int) -> float:
    """Share of queries whose own row, the one of their number, is among the first k."""
    return round(float((found[:, :k] == np.arange(len(found))[:, None]).any(1).mean()), 4)


def as_tensor(picture: Image) -> Tensor:
    """A picture (H×W×3) as embedders take it (3×H×W)."""
    return torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)

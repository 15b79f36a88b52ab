"""Are the models whole, do they answer, and does the running model server serve these very ones?"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from infra.local.doctor import Check, Verdict
from infra.local.weights.shelf import FileState, ListedFile, ListedLarge, ModelList, list_models
from infra.settings import ModelSettings
from serve_app.client import ModelClient
from serve_app.contract import ModelInfo
from serve_app.errors import ModelServerError
from serve_app.models.families import Family
from serve_app.models.manifest import REWRITE, Manifest
from serve_app.models.pictures import Image
from serve_app.models.rows import LoadedModels

REINSTALL = "pip install --force-reinstall reelwear"
REMEDIES = {
    FileState.MISSING: REINSTALL,
    FileState.CHANGED: f"{REINSTALL}; `{REWRITE}` if you changed it on purpose",
    FileState.UNLISTED: f"{REINSTALL}; `{REWRITE}` if you added it",
}
# A frame of a reel, an item's crop, and words that any embedder of fashion was trained on.
FRAME_WH, CROP_WH = (720, 1280), (160, 240)
TEXT = "a red dress"
MAX_LENGTH_ERROR = 1e-3
SERVER_TIMEOUT_S = 5.0
NOT_THERE = ("unreachable", "timeout")

Clock = Callable[[], float]
Result = TypeVar("Result")


def check_models(
    families: Sequence[Family],
    folder: Path,
    chosen: ModelSettings,
    clock: Clock = time.perf_counter,
    large: tuple[ListedLarge, ...] = (),
) -> tuple[Check, ...]:
    """All checks: the files, then each family loaded and asked, then the model server if it runs.

    large: the large models, of which the server should serve those that the settings name.
    """
    shelf = list_models(families, folder, chosen).model_copy(update={"large": large})
    return (
        *check_manifest(folder),
        *(check_file(file) for model in shelf.models for file in model.files),
        *(check for family in families for check in check_family(family, shelf, threads_of(chosen), clock)),
        check_server(chosen, shelf),
    )


def threads_of(chosen: ModelSettings) -> int:
    """As many as the model server would take."""
    cores = len(os.sched_getaffinity(0))
    return min(chosen.model_threads or cores, cores)


def check_manifest(folder: Path) -> Iterator[Check]:
    """Whether there is a list to hold the files against; nothing to say where there is."""
    try:
        Manifest.load(folder)
    except ModelServerError as error:
        yield Check(name="manifest", verdict=Verdict.ERROR, found=error.message, remedy=REINSTALL)


def check_file(file: ListedFile) -> Check:
    """Whether a file is the one of the manifest."""
    found = f"{file.state}, sha256 {file.sha256[:12]}" if file.sha256 else str(file.state)
    if file.state is FileState.OK:
        return Check(name=file.name, verdict=Verdict.OK, found=found)
    return Check(name=file.name, verdict=Verdict.ERROR, found=found, remedy=REMEDIES[file.state])


def check_family(family: Family, shelf: ModelList, threads: int, clock: Clock) -> Iterator[Check]:
    """Whether a family loads, says the versions of the manifest, and answers; with the times it takes."""
    name = f"{family.name} loads"
    own = [file for row in shelf.models if row.family == family.name for file in row.files]
    missing = [file.name for file in own if file.state is FileState.MISSING]
    if missing:
        yield Check(name=name, verdict=Verdict.ERROR, found=f"not without {', '.join(missing)}", remedy=REINSTALL)
        return
    try:
        models, load_s = timed(lambda: family.load(threads), clock)
    except ModelServerError as error:
        yield Check(name=name, verdict=Verdict.ERROR, found=error.message, remedy=REINSTALL)
        return
    yield Check(name=name, verdict=Verdict.OK, found=f"in {load_s:.2f} s, {threads} threads")
    yield from check_versions(models.describe(), shelf, family.name)
    yield check_parsing(models, clock)
    yield from check_vectors(models, clock)


def check_versions(told: Iterable[ModelInfo], shelf: ModelList, family: str) -> Iterator[Check]:
    """Where a loaded model says another version than the manifest."""
    versions = {info.name: info.version for info in told}
    for row in shelf.models:
        if row.family == family and row.version is not None and row.version != versions.get(row.name):
            found = f"it says {versions.get(row.name)}, the manifest {row.version}"
            yield Check(name=row.name, verdict=Verdict.ERROR, found=found, remedy=f"{REINSTALL}, or `{REWRITE}`")


def check_parsing(models: LoadedModels[Image], clock: Clock) -> Check:
    """Whether a frame can be looked at, and how long that takes."""
    frame = noise(FRAME_WH)
    models.find_garments([frame])
    _, spent_s = timed(lambda: models.find_garments([frame]), clock)
    size = "×".join(map(str, FRAME_WH))
    return Check(name="one frame", verdict=Verdict.OK, found=f"{1000 * spent_s:.0f} ms at {size}")


def check_vectors(models: LoadedModels[Image], clock: Clock) -> Iterator[Check]:
    """Whether a picture and a text become unit vectors of the dimension that the embedder says, and how soon."""
    crop = noise(CROP_WH)
    passes: dict[str, Callable[[], NDArray[np.float32]]] = {"one picture": lambda: models.embed_images([crop])}
    embedder = next(info for info in models.describe() if info.role == "embedder")
    if embedder.words:
        passes["one text"] = lambda: models.embed_texts([TEXT])
    for name, embed in passes.items():
        embed()
        vectors, spent_s = timed(embed, clock)
        length = float(np.linalg.norm(vectors[0]))
        found = f"{1000 * spent_s:.1f} ms, {vectors.shape[1]} numbers of length {length:.3f}"
        if vectors.shape == (1, embedder.dimension) and abs(length - 1) <= MAX_LENGTH_ERROR:
            yield Check(name=name, verdict=Verdict.OK, found=found)
        else:
            yield Check(
                name=name,
                verdict=Verdict.ERROR,
                found=f"{found}; a unit vector of {embedder.dimension} is promised",
                remedy=REINSTALL,
            )


def check_server(chosen: ModelSettings, shelf: ModelList) -> Check:
    """Whether the running model server serves the versions that lie here; one that does not run is no error."""
    name, url = "model server", chosen.model_server_url
    try:
        with ModelClient(url, chosen.model_server_token.get_secret_value(), SERVER_TIMEOUT_S) as client:
            served = {f"{info.name}@{info.version}" for info in client.models().models}
    except ModelServerError as error:
        if error.code in NOT_THERE:
            return Check(name=name, verdict=Verdict.OK, found=f"does not run at {url}; nothing to compare")
        remedy = "`reelwear status` shows what runs there"
        return Check(name=name, verdict=Verdict.WARNING, found=error.message, remedy=remedy)
    used = [(row.name, row.version) for rows in (shelf.models, shelf.large) for row in rows if row.is_used]
    here = {f"{name}@{version or 'unknown'}" for name, version in used}
    if served == here:
        return Check(name=name, verdict=Verdict.OK, found=f"serves {', '.join(sorted(served))}")
    found = f"serves {', '.join(sorted(served))}; here lie {', '.join(sorted(here))}"
    remedy = "start it again, so that it loads what lies here: `reelwear down`, then `reelwear up --detach`"
    return Check(name=name, verdict=Verdict.ERROR, found=found, remedy=remedy)


def noise(size_wh: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture (H×W×3) with something everywhere, the same each time."""
    return np.random.default_rng(0).integers(0, 256, (size_wh[1], size_wh[0], 3), np.uint8)


def timed(work: Callable[[], Result], clock: Clock) -> tuple[Result, float]:
    """What the work gives, and the seconds it took."""
    began = clock()
    result = work()
    return result, clock() - began

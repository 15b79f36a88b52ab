"""The command `detector`: which garments of labelled photos any detector finds, by type, and how well it cuts them."""

import time
from collections.abc import Iterator
from typing import Annotated, Final

import numpy as np
import typer
from numpy.typing import NDArray
from pydantic import JsonValue

from catalog_jobs.evaluate import options
from catalog_jobs.evaluate.console import measures_table, note, refusing, show
from catalog_jobs.evaluate.data.labelled import LabelledFolder
from catalog_jobs.evaluate.data.sources import Given
from catalog_jobs.evaluate.detectors import SPECS, Detector, Find, load_detector
from catalog_jobs.evaluate.document import Document, ModelFacts, Part, build_document
from catalog_jobs.evaluate.measures.samples import MeanRates, Rates
from functions.tagging.taxonomy import TYPES_BY_NAME

# A find is right if this share of it lies on label pixels of its type; a type that is shown is found if right finds
# cover this share of it.
LEAST_INSIDE: Final = 0.5
LEAST_COVERED: Final = 0.5
# A type is shown where it covers this share of a photo; less is not asked for.
LEAST_SHOWN: Final = 0.0005
COLUMNS: Final = ("right", "finds", "found", "shown", "shared", "either")

app = typer.Typer()


@app.command("detector")
def command(
    data: options.Data = None,
    photos: options.Photos = None,
    masks: options.Masks = None,
    labels: options.Labels = None,
    groups: options.GroupsFile = None,
    names: options.Names = None,
    detector: Annotated[
        str, typer.Option(help=f"One of: {SPECS}. A server has any detector and segmenter.")
    ] = "embedded",
    min_score: options.MinScore = options.MIN_SCORE,
    threads: options.Threads = 0,
    as_json: options.AsJson = False,
) -> None:
    """Precision, recall and mask IoU of any detector with its segmenter, by garment type."""
    with refusing():
        labelled = Given(data, None, photos, masks, labels, groups, names, None).labelled_photos()
        if labelled is None:
            raise ValueError("nothing was given; give --data, or --photos with --masks, --labels and --groups")
        model = load_detector(detector, threads)
        note(f"{len(labelled)} photos", not as_json)
        document = measure(detector, model, labelled, min_score, threads)
    if as_json:
        print(document.model_dump_json())
    else:
        show(measures_table(f"{document.model.name} {document.model.version}", document.measures))


def measure(spec: str, model: Detector, labelled: LabelledFolder, min_score: float, threads: int) -> Document:
    """All photos one after another, so that the time of each is told."""
    types = [name for name in labelled.groups.names if name in TYPES_BY_NAME]
    keys: list[str] = []
    counts: list[NDArray[np.float64]] = []
    spent_ms: list[float] = []
    for photo in labelled.read():
        began_s = time.perf_counter()
        (found,) = model.find([photo.pixels])
        spent_ms.append(1000 * (time.perf_counter() - began_s))
        truth = labelled.groups.fold(photo.labels)
        kept = [find for find in found if find.score >= min_score]
        keys.append(photo.name)
        counts.append(
            np.array([count(kept, name, truth == labelled.groups.names.index(name)) for name in types], np.float64)
        )
    table = np.stack(counts)
    measures = dict(measures_of(keys, types, table))
    details: dict[str, JsonValue] = {
        "ms_per_photo_median": round(float(np.median(spent_ms)), 2),
        "min_score": min_score,
    }
    facts = ModelFacts(spec=spec, name=model.name, version=model.version, dimension=None, threads=threads)
    return build_document("detector", facts, {"labelled_photos": len(labelled)}, [Part(measures, details)])


def count(found: list[Find], name: str, truth: NDArray[np.bool_]) -> tuple[float, ...]:
    """Of one type in one photo: right finds, finds, whether it is found and shown, pixels in both and in either."""
    masks = [find.mask for find in found if find.type == name]
    right = [mask for mask in masks if (mask & truth).sum() >= LEAST_INSIDE * max(int(mask.sum()), 1)]
    covered = np.zeros_like(truth)
    for mask in right:
        covered |= mask
    everything = np.zeros_like(truth)
    for mask in masks:
        everything |= mask
    is_shown = truth.mean() >= LEAST_SHOWN
    is_found = is_shown and (covered & truth).sum() >= LEAST_COVERED * truth.sum()
    shared, either = (everything & truth).sum(), (everything | truth).sum()
    return (len(right), len(masks), float(is_found), float(is_shown), float(shared), float(either))


def measures_of(
    keys: list[str], types: list[str], table: NDArray[np.float64]
) -> Iterator[tuple[str, Rates | MeanRates]]:
    """Precision, recall and IoU over all, and by type. table: photos × types × COLUMNS."""
    for name, above, below in (("precision", "right", "finds"), ("recall", "found", "shown")):
        sums, counts = (table[:, :, COLUMNS.index(column)] for column in (above, below))
        yield name, rates(keys, sums.sum(1), counts.sum(1))
        for at, kind in enumerate(types):
            yield f"{name}.{kind}", rates(keys, sums[:, at], counts[:, at])
    shared, either = (table[:, :, COLUMNS.index(column)] for column in ("shared", "either"))
    mean = MeanRates(
        unit="photo",
        keys=tuple(keys),
        groups=tuple(types),
        sums=tuple(map(tuple, shared.tolist())),
        counts=tuple(map(tuple, either.tolist())),
    )
    yield "mask_iou", mean
    for kind in types:
        yield f"mask_iou.{kind}", mean.group(kind)


def rates(keys: list[str], sums: NDArray[np.float64], counts: NDArray[np.float64]) -> Rates:
    """One rate with a unit a photo."""
    return Rates(unit="photo", keys=tuple(keys), sums=tuple(sums.tolist()), counts=tuple(counts.tolist()))

"""The command `attributes`: whether pattern, sleeves and length are read as a person sees them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import typer
from numpy.typing import NDArray
from pydantic import JsonValue

from catalog_jobs.evaluate import options
from catalog_jobs.evaluate.console import measures_table, note, refusing, show
from catalog_jobs.evaluate.data.attribute_labels import (
    LABELS_FILE,
    OTHER,
    AttributeLabels,
    LabelledGarment,
    read_labelled,
)
from catalog_jobs.evaluate.document import Document, Part, bins_as_json, build_document, facts_of
from catalog_jobs.evaluate.embedders import EmbeddedEmbedder, cores, load_embedder
from catalog_jobs.evaluate.held_out import is_for_fitting
from catalog_jobs.evaluate.measures.reliability import bins_of
from catalog_jobs.evaluate.measures.samples import Binned, MeanRates, Rates, Samples
from serve_app.models.calibration import AttributeFit
from serve_app.models.image_text import FIT_JOB, Vectors

# Garments of one photo often go together, so photos are drawn as a whole.
UNIT: Final = "photo"
NOTHING_SAID: Final = "nothing"
Bools = NDArray[np.bool_]

Labels = Annotated[Path | None, typer.Option(help="JSON of what was seen, as attribute_labels.json; that if left out.")]

app = typer.Typer()


@app.command("attributes")
def command(
    data: options.Data = None,
    labels: Labels = None,
    embedder: options.EmbedderSpec = "embedded",
    threads: options.Threads = 0,
    as_json: options.AsJson = False,
    plots: options.Plots = None,
) -> None:
    """Pattern, sleeves and length of garments that a person labelled, on the half that nothing was fitted on."""
    with refusing():
        model = load_reader(embedder, threads)
        seen = AttributeLabels.load(labels or LABELS_FILE)
        document = measure(embedder, model, data, seen, threads or cores(), watch=not as_json)
        write_plots(document, plots)
    if as_json:
        print(document.model_dump_json())
    else:
        show(measures_table(f"{document.model.name} {document.model.version}", document.measures))


def load_reader(spec: str, threads: int) -> EmbeddedEmbedder:
    """The embedder that a spec names; raises ValueError for one that reads no attributes."""
    model = load_embedder(spec, threads) if spec.partition(":")[0] == "embedded" else None
    if not isinstance(model, EmbeddedEmbedder):
        raise ValueError(
            f"--embedder is {spec!r}; only our own reads attributes, by what was fitted for it: give embedded or "
            "embedded:FOLDER"
        )
    return model


def measure(
    spec: str, embedder: EmbeddedEmbedder, data: Path | None, labels: AttributeLabels, threads: int, watch: bool
) -> Document:
    """How each attribute is read; raises ValueError if no labelled garment is there, or nothing was fitted."""
    if data is None:
        raise ValueError("no pictures were given; give --data, a folder with clothing/ and ccp/")
    garments = judged_garments(data, labels)
    if not garments:
        raise ValueError(f"{data} holds no labelled garment to judge by; give --data the folder that --labels is of")
    if not embedder.model.attributes:
        raise ValueError(f"no attribute was fitted for {embedder.name}; fit them with `python -m {FIT_JOB}`")
    note(f"attributes of {len(garments)} garments", watch)
    facts: dict[str, JsonValue] = {"garments": len(garments), "is_held_out_part": True, "labels": {**labels.made}}
    return build_document(
        "attributes", facts_of(spec, embedder, threads), facts, [measure_attributes(embedder, garments)]
    )


def judged_garments(data: Path, labels: AttributeLabels | None = None) -> list[LabelledGarment]:
    """The labelled garments of the half of the held-out photos that nothing was fitted on."""
    return [garment for garment in read_labelled(data, labels) if not is_for_fitting(garment.photo)]


def measure_attributes(embedder: EmbeddedEmbedder, garments: Sequence[LabelledGarment]) -> Part:
    """All attributes that the embedder reads, on these garments."""
    vectors = embedder.embed_images([garment.picture for garment in garments])
    samples: dict[str, Samples] = {}
    details: dict[str, JsonValue] = {}
    for fit, directions in embedder.model.attributes:
        part = measure_attribute(fit, garments, vectors, directions)
        samples |= part.samples
        details |= part.details
    return Part(samples, {"attributes": details})


def measure_attribute(
    fit: AttributeFit, garments: Sequence[LabelledGarment], vectors: Vectors, directions: Vectors
) -> Part:
    """One attribute on the garments of its types of which it is known. vectors: N×D. directions: of its values, V×D.

    accuracy is of the likeliest value however sure it is, balanced_accuracy the mean over the values; precision and
    recall are of what is said, which is what is at least as sure as the fitted limit; coverage is the share of garments
    of which anything is said. said_on_other: the same share where none of the values is right.
    """
    values, has_type = list(fit.prompts), [garment.type in fit.types for garment in garments]
    at = [i for i, g in enumerate(garments) if has_type[i] and g.values.get(fit.name) in values]
    others = [i for i, g in enumerate(garments) if has_type[i] and g.values.get(fit.name) == OTHER]
    chances = fit.chances(vectors @ directions.T)
    is_said = chances.max(1) >= fit.min_confidence
    keys = [garments[i].photo for i in at]
    truth = np.array([values.index(garments[i].values[fit.name]) for i in at], np.intp)
    best, said = chances[at].argmax(1), is_said[at]
    right = best == truth
    binned = Binned.gather(UNIT, keys, chances[at].max(1), right)
    name = f"attributes.{fit.name}"
    samples: dict[str, Samples] = {
        f"{name}.accuracy": Rates.gather(UNIT, keys, right),
        f"{name}.balanced_accuracy": mean_recall(keys, values, truth, right),
        f"{name}.precision": Rates.gather(UNIT, keys, right & said, said),
        f"{name}.coverage": Rates.gather(UNIT, keys, said),
        f"{name}.ece": binned,
    }
    for index, value in enumerate(values):
        claimed, belongs = said & (best == index), truth == index
        samples[f"{name}.precision.{value}"] = Rates.gather(UNIT, keys, claimed & belongs, claimed)
        samples[f"{name}.recall.{value}"] = rates_of(belongs, keys, claimed)
    for style, is_cut in (("cut_out", True), ("whole_photo", False)):
        counts = np.array([garments[i].is_cut == is_cut for i in at], np.bool_)
        samples[f"{name}.accuracy.{style}"] = rates_of(counts, keys, right)
        samples[f"{name}.precision.{style}"] = rates_of(counts, keys, right & said, said)
    if others:
        other_keys = [garments[i].photo for i in others]
        samples[f"{name}.said_on_other"] = Rates.gather(UNIT, other_keys, is_said[others])
    table = confusion(truth, np.where(said, best, len(values)), len(values))
    details: dict[str, JsonValue] = {
        "values": list(values),
        "labelled": {value: int((truth == index).sum()) for index, value in enumerate(values)},
        "said": {value: int((said & (best == index)).sum()) for index, value in enumerate(values)},
        "columns": [*values, NOTHING_SAID],
        "confusion": table,
        "min_confidence": fit.min_confidence,
        "bins": bins_as_json(bins_of(binned)),
    }
    return Part(samples, {fit.name: details})


def rates_of(members: Bools, keys: Sequence[str], values: Bools, counts: Bools | None = None) -> Rates:
    """The rate over some of the garments."""
    at = np.flatnonzero(members)
    return Rates.gather(UNIT, [keys[i] for i in at.tolist()], values[at], None if counts is None else counts[at])


def mean_recall(keys: Sequence[str], values: Sequence[str], truth: NDArray[np.intp], right: Bools) -> MeanRates:
    """The mean over the values that were labelled of how often the likeliest is right."""
    names = tuple(dict.fromkeys(keys))
    rows = np.array([names.index(key) for key in keys], np.intp)
    sums, counts = np.zeros((2, len(names), len(values)))
    np.add.at(counts, (rows, truth), 1)
    np.add.at(sums, (rows, truth), right)
    return MeanRates(
        unit=UNIT,
        keys=names,
        groups=tuple(values),
        sums=tuple(map(tuple, sums.tolist())),
        counts=tuple(map(tuple, counts.tolist())),
    )


def confusion(truth: NDArray[np.intp], said: NDArray[np.intp], n_values: int) -> list[JsonValue]:
    """How many garments of each value (rows) were said to have each, or of which nothing was said (last column)."""
    counts = np.zeros((n_values, n_values + 1), np.int64)
    np.add.at(counts, (truth, said), 1)
    return [list(row) for row in counts.tolist()]


def write_plots(document: Document, folder: Path | None) -> None:
    """The plot of a document, where a folder was given; matplotlib is loaded only then."""
    if folder is not None:
        from catalog_jobs.evaluate.plots.attributes import plot_attributes

        plot_attributes(document, folder)

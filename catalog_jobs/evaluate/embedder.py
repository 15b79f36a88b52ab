"""The command `embedder`: how well an embedder names, finds and recognises garments, how sure it is, how fast."""

from itertools import compress
from pathlib import Path

import numpy as np
import typer
from pydantic import JsonValue

from catalog_jobs.evaluate import options
from catalog_jobs.evaluate.attributes import judged_garments, measure_attributes
from catalog_jobs.evaluate.console import measures_table, note, refusing, show
from catalog_jobs.evaluate.data.crops import Crop, cut_garments
from catalog_jobs.evaluate.data.sources import Given
from catalog_jobs.evaluate.document import Document, Part, build_document, facts_of
from catalog_jobs.evaluate.embedders import (
    EmbeddedEmbedder,
    Embedder,
    cores,
    embed_stream,
    embed_texts_if_any,
    load_embedder,
)
from catalog_jobs.evaluate.instances import measure_instances
from catalog_jobs.evaluate.prompts import garment_text
from catalog_jobs.evaluate.speed import measure_speed
from catalog_jobs.evaluate.text_search import measure_search, measure_words_fit
from catalog_jobs.evaluate.zero_shot import embed_photos, measure_zero_shot

N_DISTRACTORS = 2000
SPEED_RUNS = 40

app = typer.Typer()


@app.command("embedder")
def command(
    data: options.Data = None,
    images: options.Images = None,
    photos: options.Photos = None,
    masks: options.Masks = None,
    labels: options.Labels = None,
    groups: options.GroupsFile = None,
    names: options.Names = None,
    embedder: options.EmbedderSpec = "embedded",
    distractors: options.Distractors = N_DISTRACTORS,
    seed: options.Seed = 0,
    threads: options.Threads = 0,
    as_json: options.AsJson = False,
    plots: options.Plots = None,
) -> None:
    """Zero-shot classes, search by words, recognition, calibration and speed of an embedder."""
    with refusing():
        given = Given(data, images, photos, masks, labels, groups, names)
        model = load_embedder(embedder, threads)
        document = measure(embedder, model, given, distractors, seed, threads or cores(), watch=not as_json)
        write_plots(document, plots, given)
    if as_json:
        print(document.model_dump_json())
    else:
        show(measures_table(f"{document.model.name} {document.model.version}", document.measures))


def measure(
    spec: str, embedder: Embedder, given: Given, n_distractors: int, seed: int, threads: int, watch: bool
) -> Document:
    """Everything that can be measured with the given folders; raises ValueError if there is nothing."""
    photos = given.class_photos()
    labelled = given.labelled_photos()
    if not photos and labelled is None:
        raise ValueError("no pictures were given; give --data, --images, or --photos with --masks, --labels, --groups")
    crops = cut_garments(labelled) if labelled else []
    has_texts = embed_texts_if_any(embedder, ["a dress"]) is not None
    parts = []
    if photos and has_texts:
        note(f"zero-shot classes of {len(photos)} pictures", watch)
        judges = [given.judges(photo.path.name) for photo in photos]
        parts.append(measure_zero_shot(embedder, photos, embed_photos(embedder, photos), judges))
    if crops and has_texts:
        note(f"search of {len(crops)} garments by words", watch)
        parts += measure_words(embedder, crops, [given.judges(crop.photo) for crop in crops])
    if given.data is not None and isinstance(embedder, EmbeddedEmbedder) and (seen := judged_garments(given.data)):
        note(f"attributes of {len(seen)} garments", watch)
        parts.append(measure_attributes(embedder, seen))
    note(f"recognition among {n_distractors} distractors", watch)
    parts.append(measure_instances(embedder, crops, photos, n_distractors, seed))
    pictures = [crop.served for crop in crops[:64]] or [photo.read() for photo in photos[:64]]
    texts = sorted({garment_text(crop.type, crop.color) for crop in crops}) or ["a dress", "a hat"]
    parts.append(measure_speed(embedder, pictures, texts if has_texts else [], SPEED_RUNS))
    facts: dict[str, JsonValue] = {
        "class_photos": len(photos),
        "labelled_photos": len(labelled) if labelled else 0,
        "crops": len(crops),
        "is_held_out_part": given.data is not None,
    }
    return build_document("embedder", facts_of(spec, embedder, threads), facts, parts)


def measure_words(embedder: Embedder, crops: list[Crop], judges: list[bool]) -> list[Part]:
    """Search by words of garments as the server cuts them and of plain boxes, and whether the words' chances hold for
    those garments that may judge it.
    """
    served = embed_stream(embedder, (crop.served for crop in crops))
    boxes = embed_stream(embedder, (crop.pixels for crop in crops))
    return [
        measure_search(embedder, crops, served, "search"),
        measure_search(embedder, crops, boxes, "search_boxes"),
        measure_words_fit(embedder, list(compress(crops, judges)), served[np.array(judges, np.bool_)]),
    ]


def write_plots(document: Document, folder: Path | None, given: Given) -> None:
    """The plots of a document on what was given, where a folder was given; matplotlib is loaded only then."""
    if folder is not None:
        from catalog_jobs.evaluate.plots.attributes import plot_attributes
        from catalog_jobs.evaluate.plots.embedder import plot_embedder
        from catalog_jobs.evaluate.plots.failures_embedder import plot_embedder_failures

        plot_embedder(document, folder)
        if "attributes" in document.details:
            plot_attributes(document, folder)
        plot_embedder_failures(document, given, folder)

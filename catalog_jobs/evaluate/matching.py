"""The command `matching`: exact and similar at the stored cut-offs, and garments joined over the shots of reels."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue, ValidationError

from catalog_jobs.evaluate import options
from catalog_jobs.evaluate.console import measures_table, note, refusing, show
from catalog_jobs.evaluate.data.crops import cut_garments
from catalog_jobs.evaluate.data.sources import Given
from catalog_jobs.evaluate.document import Document, Part, build_document, facts_of
from catalog_jobs.evaluate.embedders import cores, load_embedder
from catalog_jobs.evaluate.pair_quality import measure_pairs
from catalog_jobs.evaluate.tracking import Tracker, measure_reels, measure_returning
from infra.settings import TaggingSettings
from serve_app.contract import Cutoffs
from serve_app.models.calibration import Calibration
from serve_app.models.garment_parser import GarmentParserModel

app = typer.Typer()


@app.command("matching")
def command(
    data: options.Data = None,
    photos: options.Photos = None,
    masks: options.Masks = None,
    labels: options.Labels = None,
    groups: options.GroupsFile = None,
    names: options.Names = None,
    reels: options.Reels = None,
    frames_a_shot: Annotated[int, typer.Option(min=1, help="Frames taken of each shot of a reel.")] = 1,
    embedder: options.EmbedderSpec = "embedded",
    cutoffs: Annotated[Path | None, typer.Option(help="image_text.json to take the cut-offs from.")] = None,
    weights: options.Weights = None,
    seed: options.Seed = 0,
    threads: options.Threads = 0,
    as_json: options.AsJson = False,
    plots: options.Plots = None,
) -> None:
    """Precision and recall of exact and similar, and purity and fragmentation of tracks."""
    with refusing():
        given = Given(data, None, photos, masks, labels, groups, names, reels)
        model = load_embedder(embedder, threads)
        parser = GarmentParserModel(weights, threads or cores())
        fitted = load_cutoffs(cutoffs) if cutoffs else model.cutoffs
        tracker = Tracker(parser, model, fitted, TaggingSettings())
        document = measure(embedder, tracker, given, frames_a_shot, seed, threads or cores(), watch=not as_json)
        write_plots(document, plots)
    if as_json:
        print(document.model_dump_json())
    else:
        show(measures_table(f"matching by {document.model.name} {document.model.version}", document.measures))


def load_cutoffs(file: Path) -> Mapping[str, Cutoffs]:
    """The cut-offs of a calibration file; raises ValueError for another file."""
    try:
        return Calibration.load(file).cutoffs
    except (OSError, ValidationError, ValueError) as error:
        raise ValueError(f"--cutoffs {file} is no calibration file; catalog_jobs.embedder.fit writes one") from error


def measure(
    spec: str, tracker: Tracker, given: Given, frames_a_shot: int, seed: int, threads: int, watch: bool
) -> Document:
    """Pairs and tracks on what was given; raises ValueError if neither photos nor reels were."""
    labelled, reels = given.labelled_photos(), given.reels_folder()
    if labelled is None and reels is None:
        raise ValueError("nothing was given; give --data, --reels, or --photos with --masks, --labels and --groups")
    parts: list[Part] = []
    n_crops = n_judged = 0
    if labelled:
        crops = cut_garments(labelled)
        n_crops = len(crops)
        note(f"pairs of {n_crops} garments", watch)
        judged = [crop for crop in crops if given.judges(crop.photo)]
        n_judged = len(judged)
        parts.append(measure_pairs(tracker.embedder, judged, tracker.cutoffs, seed))
        note("reels with returning shots", watch)
        parts.append(measure_returning(tracker, labelled, seed))
    if reels:
        note(f"reels of {reels}", watch)
        parts.append(measure_reels(tracker, reels, frames_a_shot))
    facts: dict[str, JsonValue] = {
        "labelled_photos": len(labelled) if labelled else 0,
        "crops": n_crops,
        "crops_judged": n_judged,
        "parser_version": tracker.parser.version,
        "has_cutoffs": bool(tracker.cutoffs),
        "is_held_out_part": given.data is not None,
    }
    return build_document("matching", facts_of(spec, tracker.embedder, threads), facts, parts)


def write_plots(document: Document, folder: Path | None) -> None:
    """The plots of a document, where a folder was given; matplotlib is loaded only then."""
    if folder is not None:
        from catalog_jobs.evaluate.plots.matching import plot_matching

        plot_matching(document, folder)

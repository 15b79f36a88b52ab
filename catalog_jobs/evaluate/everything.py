"""The command `all`: parser, embedder and matching in one run, one document and all plots."""

import json
from pathlib import Path
from typing import Annotated

import typer

from catalog_jobs.evaluate import embedder as embedder_command
from catalog_jobs.evaluate import matching as matching_command
from catalog_jobs.evaluate import options
from catalog_jobs.evaluate import parser as parser_command
from catalog_jobs.evaluate.console import measures_table, refusing, show
from catalog_jobs.evaluate.data.sources import Given
from catalog_jobs.evaluate.embedders import cores, load_embedder
from catalog_jobs.evaluate.tracking import Tracker
from infra.settings import TaggingSettings
from serve_app.models.garment_parser import FRAME_LONG_SIDE_PX, GarmentParserModel

FILE_NAME = "evaluation.json"

app = typer.Typer()


@app.command("all")
def command(
    data: options.Data = None,
    images: options.Images = None,
    photos: options.Photos = None,
    masks: options.Masks = None,
    labels: options.Labels = None,
    groups: options.GroupsFile = None,
    names: options.Names = None,
    reels: options.Reels = None,
    embedder: options.EmbedderSpec = "embedded",
    weights: options.Weights = None,
    negatives: options.Negatives = None,
    min_score: options.MinScore = options.MIN_SCORE,
    distractors: options.Distractors = embedder_command.N_DISTRACTORS,
    seed: options.Seed = 0,
    threads: options.Threads = 0,
    as_json: options.AsJson = False,
    plots: options.Plots = None,
    out: Annotated[Path | None, typer.Option(help=f"Folder to write {FILE_NAME} and the plots to.")] = None,
) -> None:
    """Everything about the parser, an embedder and matching by both."""
    with refusing():
        given = Given(data, images, photos, masks, labels, groups, names, reels)
        n_threads, watch = threads or cores(), not as_json
        model = load_embedder(embedder, threads)
        report = parser_command.measure_given(
            given, weights, FRAME_LONG_SIDE_PX, n_threads, negatives, min_score, watch
        )
        tracker = Tracker(GarmentParserModel(weights, n_threads), model, model.cutoffs, TaggingSettings())
        embedding = embedder_command.measure(embedder, model, given, distractors, seed, n_threads, watch)
        matching = matching_command.measure(embedder, tracker, given, 1, seed, n_threads, watch)
        text = json.dumps(
            {
                "parser": parser_command.REPORT.dump_python(report, mode="json"),
                "embedder": embedding.model_dump(mode="json"),
                "matching": matching.model_dump(mode="json"),
            }
        )
        if out:
            out.mkdir(parents=True, exist_ok=True)
            (out / FILE_NAME).write_text(text)
        folder = plots or out
        parser_command.write_plots(report, folder, negatives, given, weights)
        embedder_command.write_plots(embedding, folder, given)
        matching_command.write_plots(matching, folder)
    if as_json:
        print(text)
    else:
        show(parser_command.report_table(report))
        for document in (embedding, matching):
            show(measures_table(f"{document.kind}: {document.model.name}", document.measures))

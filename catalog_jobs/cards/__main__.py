"""`python -m catalog_jobs.cards parser|embedder|docs`."""

from pathlib import Path
from typing import Annotated

import typer

from catalog_jobs.cards.docs import rewrite_figures
from catalog_jobs.cards.embedder import embedder_card
from catalog_jobs.cards.evaluation import Evaluation
from catalog_jobs.cards.making import making_of
from catalog_jobs.cards.parser import parser_card
from catalog_jobs.evaluate.console import refusing
from serve_app.models.calibration import Calibration
from serve_app.models.garment_parser import GARMENT_PARSER, GarmentParserModel
from serve_app.models.image_text import IMAGE_TEXT, ImageTextModel

EvaluationFile = Annotated[Path, typer.Option("--evaluation", help="JSON of `evaluate all`, with its plots beside it.")]
Recipe = Annotated[Path, typer.Option(help="recipe.json of the training.")]
Export = Annotated[Path | None, typer.Option(help="What the export printed, as a file.")]
Commit = Annotated[str | None, typer.Option(help="Of the code that trained; HEAD if left out.")]
TrainedOn = Annotated[str | None, typer.Option(help='Machine and time, such as "two cores, 42 minutes".')]
Weights = Annotated[Path | None, typer.Option(help="Folder of the model's files; that of the card if left out.")]
Out = Annotated[Path, typer.Option(help="Where the card goes.")]

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Write model cards from what was measured.")


@app.command()
def parser(
    evaluation: EvaluationFile,
    recipe: Recipe,
    out: Out,
    export: Export = None,
    commit: Commit = None,
    trained_on: TrainedOn = None,
    weights: Weights = None,
) -> None:
    """The card of the garment parser."""
    with refusing():
        found = Evaluation.load(evaluation)
        making = making_of(GARMENT_PARSER, weights or out.parent, recipe, export, commit, trained_on)
        version = GarmentParserModel(making.folder / GARMENT_PARSER.files[0]).version
        if found.parser:
            check_version(version, found.parser.model_version, evaluation)
        write(out, parser_card(found, making, version))


@app.command()
def embedder(
    evaluation: EvaluationFile,
    recipe: Recipe,
    out: Out,
    export: Export = None,
    commit: Commit = None,
    trained_on: TrainedOn = None,
    weights: Weights = None,
) -> None:
    """The card of the image–text embedder."""
    with refusing():
        found = Evaluation.load(evaluation)
        making = making_of(IMAGE_TEXT, weights or out.parent, recipe, export, commit, trained_on)
        # Loading it holds the towers and what was fitted against one another.
        calibration: Calibration = ImageTextModel(making.folder).calibration
        for document in (found.embedder, found.matching, found.attributes):
            if document:
                check_version(calibration.model_version, document.model.version, evaluation)
        write(out, embedder_card(found, making, calibration))


@app.command()
def docs(
    evaluation: EvaluationFile,
    readme: Annotated[Path | None, typer.Option(help="File with the markers; README.md beside the JSON.")] = None,
) -> None:
    """The table of all figures in the docs."""
    with refusing():
        file = readme or evaluation.parent / "README.md"
        rewrite_figures(file, Evaluation.load(evaluation))
        print(file)


def check_version(of_files: str, measured: str, evaluation: Path) -> None:
    """Raise ValueError where another version was measured than the card is about."""
    if of_files != measured:
        raise ValueError(
            f"{evaluation} measured version {measured}, the files are of {of_files}; run the evaluation again"
        )


def write(out: Path, card: str) -> None:
    """Write a card and say where."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(card, "utf-8")
    print(out)


if __name__ == "__main__":
    app()

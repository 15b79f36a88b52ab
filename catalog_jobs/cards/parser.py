"""The model card of the garment parser."""

from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any, Final

from catalog_jobs.cards import origins
from catalog_jobs.cards.aims import LEAST_PHOTOS
from catalog_jobs.cards.evaluation import Evaluation
from catalog_jobs.cards.making import Making
from catalog_jobs.cards.markdown import MEASURE_COLUMNS, NOTHING, number, pictures, prose, span, table, units
from catalog_jobs.cards.sections import (
    DATA,
    evaluation_command,
    files_section,
    flags_of,
    making_section,
    recipe_section,
)
from catalog_jobs.evaluate.parser import Report

FLAGS: Final = ("steps", "minutes", "batch", "seed", "rate_heads", "rate_encoder", "dice_share")
MEAN: Final = "mean of"
TEMPLATE: Final = Path(__file__).with_name("parser.md")
PICTURES: Final = {
    "iou.png": "IoU by group with 95 % intervals",
    "failures_parser.jpg": "The photos with the lowest pixel accuracy: photo, truth, what the parser says",
    "false_finds.jpg": "What was found in pictures without people",
}


def parser_card(evaluation: Evaluation, making: Making, version: str) -> str:
    """The card as Markdown; what the evaluation lacks is said to be not measured."""
    report = evaluation.parser
    return Template(TEMPLATE.read_text("utf-8")).substitute(
        version=version,
        licence=making.row.licence,
        files=files_section(making),
        origins="\n".join((origins.CCP, origins.LITE0)),
        trained_on=trained_on(making),
        measured_on=measured_on(report),
        making=making_section(making, commands(evaluation, making)),
        measured=measured(report, making),
        pictures=pictures(PICTURES, evaluation.folder, making.folder),
        scarce=scarce(report),
        recipe=recipe_section(making),
    )


def trained_on(making: Making) -> str:
    """How many photos the training saw."""
    photos, tagged = making.recipe.get("photos"), making.recipe.get("tagged photos")
    counts = "an unrecorded number of photos" if photos is None else f"{photos} photos of CCP"
    if tagged:
        counts += (
            f", and {tagged} more of which people only listed the garments: their label images were made by the parser "
            "that shipped before, kept to those garments"
        )
    return prose(f"- Trained on {counts}.")


def measured_on(report: Report | None) -> str:
    """How many photos were measured on, and how they were kept apart."""
    count = "Nothing was measured" if report is None else f"Measured on {units(report.images, 'photo')} of CCP"
    return f"- {count}. The photos that `catalog_jobs/parser/validation.txt` names are never trained on."


def commands(evaluation: Evaluation, making: Making) -> list[str]:
    """Training, export and evaluation."""
    has_tagged = bool(making.recipe.get("tagged photos"))
    label = [f"python -m catalog_jobs.parser.tagged --data {DATA}/ccp --out TAGGED"] if has_tagged else []
    out = f"serve_app/models/weights/{making.row.files[0]}"
    return [
        *label,
        *trainings(making.recipe),
        f"python -m catalog_jobs.parser.export --weights run/parser.pt --data {DATA}/ccp --out {out}",
        f"python -m catalog_jobs.parser.certainty --weights {out} --data {DATA}/ccp",
        evaluation_command(evaluation),
    ]


def trainings(recipe: Mapping[str, Any]) -> list[str]:
    """The training, or the trainings whose mean the weights are."""
    parts = recipe.get(MEAN)
    if not isinstance(parts, dict):
        return [training(recipe, "run")]
    runs = [f"run{number}" for number in range(1, len(parts) + 1)]
    weights = " ".join(f"{run}/parser.pt" for run in runs)
    mean = f"python -m catalog_jobs.parser.mean --weights {weights} --out run"
    return [*(training(part, run) for part, run in zip(parts.values(), runs, strict=True)), mean]


def training(recipe: Mapping[str, Any] | str, out: str) -> str:
    """The command of one training; of one whose recipe is not known its name alone."""
    if isinstance(recipe, str):
        return f"python -m catalog_jobs.parser.train --data {DATA}/ccp --out {out}"
    start = " --start OLD.onnx" if "encoder from version" in recipe else ""
    start = " --start EARLIER.pt" if "goes on from" in recipe else start
    tagged = " --tagged TAGGED" if recipe.get("tagged photos") else ""
    flags = flags_of({name: recipe[name] for name in FLAGS if recipe.get(name) is not None}, ())
    return f"python -m catalog_jobs.parser.train --data {DATA}/ccp --out {out}{start}{tagged} {flags}"


def measured(report: Report | None, making: Making) -> str:
    """All figures with their intervals."""
    if report is None:
        return "Not measured: the evaluation has no part `parser`."
    speed, rate = report.ms_per_image, report.negatives.items_a_frame if report.negatives else None
    sent = report.negatives.detections_a_frame if report.negatives else None
    over = units(report.images, "photo")
    rows = [
        overall(report, "miou", f"mean IoU over {len(report.iou)} groups"),
        overall(report, "pixel_accuracy", "pixel accuracy"),
        ("items a frame without people", "not measured", NOTHING, NOTHING)
        if rate is None
        else (
            "items a frame without people",
            number(rate.value),
            span(rate.low, rate.high),
            units(rate.frames, "picture"),
        ),
    ]
    if sent:
        rows.append(
            (
                "the same before the rules on size",
                number(sent.value),
                span(sent.low, sent.high),
                units(sent.frames, "picture"),
            )
        )
    rows.append(
        (
            f"milliseconds a photo on {report.threads} threads, median",
            number(speed.median, 1),
            f"90th percentile {speed.p90:.1f}",
            over,
        )
    )
    changed = making.facts.get("changed_share")
    if changed is not None:
        rows.append(("share of cells that the rounding to bytes changes", number(changed, 4), NOTHING, NOTHING))
    groups = [
        (name, number(value), interval_of(report, f"iou.{name}"), str(report.photos_with_group.get(name, NOTHING)))
        for name, value in report.iou.items()
    ]
    how = f"""Through the code that serves it, long side {report.long_side_px} px, not mirrored, scaled up to the
    photo's full size. Intervals are bootstrapped over photos; that of items is the exact one of a Poisson rate."""
    return f"""\
{prose(how)}

{table(MEASURE_COLUMNS, rows)}

{table(("group", "IoU", "95 % interval", "photos that show it"), groups)}"""


def overall(report: Report, name: str, words: str) -> tuple[str, str, str, str]:
    """A row of MEASURE_COLUMNS."""
    value = report.miou if name == "miou" else report.pixel_accuracy
    return words, number(value), interval_of(report, name), units(report.images, "photo")


def interval_of(report: Report, name: str) -> str:
    """The interval of a measure in words."""
    found = report.intervals.get(name)
    return NOTHING if found is None else span(found.low, found.high)


def scarce(report: Report | None) -> str:
    """Which groups are shown by too few photos, as one more limit."""
    rare = [] if report is None else [(name, n) for name, n in report.photos_with_group.items() if n < LEAST_PHOTOS]
    if not rare:
        return ""
    named = ", ".join(f"{name} ({units(n, 'photo')})" for name, n in rare)
    return "\n" + prose(f"- The IoU of these says nothing, for want of photos that show them: {named}.")

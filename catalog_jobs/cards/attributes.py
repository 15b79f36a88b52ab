"""How well attributes are read, as tables."""

from typing import Any, Final

from catalog_jobs.cards.evaluation import Evaluation
from catalog_jobs.cards.markdown import MEASURE_COLUMNS, NOTHING, measure_rows, number, span, table
from catalog_jobs.evaluate.document import Document

WORDS: Final = {
    "accuracy": "the likeliest value is right",
    "balanced_accuracy": "the same, as if all values were equally common",
    "precision": "right, of what is said",
    "coverage": "something is said",
    "said_on_other": "something is said where no value is right",
    "ece": "how far its chances are off (ECE)",
}


def attributes_read(evaluation: Evaluation) -> str:
    """A table of each attribute, and one of its values; "not measured" where the evaluation has neither the part nor
    an embedder's part with them.
    """
    document = document_with(evaluation)
    if document is None:
        return "**Attributes** were not measured."
    details: Any = document.details["attributes"]
    parts = ["**Attributes** as a person sees them, on the half of the held-out photos that nothing was fitted on"]
    for name, found in details.items():
        words = {
            f"attributes.{name}.{measure}": f"{name}: {what}"
            for measure, what in WORDS.items()
            if f"attributes.{name}.{measure}" in document.measures
        }
        parts.append(table(MEASURE_COLUMNS, measure_rows(words, document.measures)))
        rows = [(value, str(count), *shown(document, name, value)) for value, count in found["labelled"].items()]
        parts.append(table((name, "garments", "right, of what is said", "95 % interval", "said, of all"), rows))
    return "\n\n".join(parts)


def document_with(evaluation: Evaluation) -> Document | None:
    """The document that has the attributes, by themselves or among the measures of the embedder."""
    documents = (evaluation.attributes, evaluation.embedder)
    return next((found for found in documents if found and "attributes" in found.details), None)


def shown(document: Document, name: str, value: str) -> tuple[str, str, str]:
    """Precision with its interval, and recall, of one value."""
    precision = document.measures.get(f"attributes.{name}.precision.{value}")
    recall = document.measures.get(f"attributes.{name}.recall.{value}")
    return (
        number(precision.value) if precision else NOTHING,
        span(precision.low, precision.high) if precision else NOTHING,
        number(recall.value) if recall else NOTHING,
    )

"""The table in the docs of the evaluation: all figures against what they are to reach."""

from pathlib import Path
from typing import Final

from catalog_jobs.cards.aims import LEAST_PHOTOS, aims_table
from catalog_jobs.cards.evaluation import Evaluation

BEGIN: Final = "<!-- figures: begin, written by `python -m catalog_jobs.cards docs` -->"
END: Final = "<!-- figures: end -->"


def rewrite_figures(readme: Path, evaluation: Evaluation) -> None:
    """Replace what stands between the markers; raises ValueError for a file without them."""
    text = readme.read_text("utf-8") if readme.is_file() else ""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{readme} lacks the lines {BEGIN!r} and {END!r}; put both where the table is to be")
    readme.write_text(f"{before}{BEGIN}\n{figures(evaluation)}\n{END}{after}", "utf-8")


def figures(evaluation: Evaluation) -> str:
    """Which models were measured on what, and the table."""
    return f"""\
{measured_models(evaluation)}

{aims_table(evaluation)}

*within noise*: the 95 % interval holds the aim. *open*: measured on too little to say, such as a group that fewer than
{LEAST_PHOTOS} photos show."""


def measured_models(evaluation: Evaluation) -> str:
    """One line a part."""
    lines = []
    if report := evaluation.parser:
        lines.append(f"- Parser {report.model_version}: {report.images} photos.")
    if document := evaluation.embedder:
        facts = document.data
        lines.append(
            f"- Embedder {document.model.name} {document.model.version}: {facts['class_photos']} photos of single "
            f"garments, {facts['crops']} garments of {facts['labelled_photos']} photos."
        )
    if document := evaluation.matching:
        lines.append(
            f"- Matching by {document.model.name} {document.model.version} with parser "
            f"{document.data.get('parser_version', 'unknown')}: {document.data['crops']} garments of "
            f"{document.data['labelled_photos']} photos."
        )
    return "\n".join(lines)

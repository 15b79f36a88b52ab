"""What was fitted for an embedder, as tables."""

from catalog_jobs.cards.markdown import number, prose, table
from serve_app.models.calibration import Calibration


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
    said = """The lowest cosines that kept a precision of 0.95 (exact) and 0.80 (similar) on the half that is fitted on,
    as if half of the pairs belonged together; `default` is for the types with too few garments there. *same* and
    *unrelated* are the medians of pairs that are one garment and of those that are not; tracking goes by them."""
    chances = f"""Words fit a garment with the chance 1 / (1 + exp(−({words.scale:.2f} · cosine {signed(words.bias)}))).
    Chances of classes: the softmax of {calibration.class_scale:.2f} · cosine."""
    confidence = """Attributes are said from that confidence on at which 85 % were right on the half that is fitted on,
    as if all values were equally common. They are fitted half on garments that a person looked at, half on garments of
    which they are known by rules or because the print was drawn by code."""
    return f"""\
{prose(said)}

{table(("type", "exact", "similar", "same", "unrelated"), cutoffs)}

{prose(chances)}

{prose(confidence)}

{table(("attribute", "values", "of", "least confidence"), attributes)}"""


def signed(number: float) -> str:
    """A number with its sign before it, as formulas have it."""
    return f"{'−' if number < 0 else '+'} {abs(number):.2f}"

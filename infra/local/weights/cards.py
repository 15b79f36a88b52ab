"""The model cards: data, licences, measures and limits of each model, as Markdown beside its weights."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from infra.errors import ErrorCode, ReelwearError
from serve_app.models.families import Family

BRAND = "reelwear-"


class Card(BaseModel):
    """What `reelwear models card --json` answers."""

    model_config = ConfigDict(frozen=True)

    name: str
    markdown: str


def card_of(families: Sequence[Family], folder: Path, name: str) -> Card:
    """The card of a model by its name, with or without BRAND.

    Raises NOT_FOUND with the names that there are, and PART_FAILED where the card's file cannot be read.
    """
    rows = {row.name: row for family in families for row in family.rows}
    row = rows.get(name) or rows.get(f"{BRAND}{name}")
    if row is None:
        raise ReelwearError(ErrorCode.NOT_FOUND, f"no model is called {name}; there are: {', '.join(rows)}")
    try:
        return Card(name=row.name, markdown=(folder / row.card).read_text("utf-8"))
    except OSError as fault:
        message = f"the card {folder / row.card} cannot be read ({fault.strerror}); install the package again"
        raise ReelwearError(ErrorCode.PART_FAILED, message) from fault

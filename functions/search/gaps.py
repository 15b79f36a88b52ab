"""What the records hold and a search cannot find, so that it can say so."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from functions.runs import is_latest
from functions.services import Services
from infra.errors import ErrorCode, ReelwearError
from infra.records.tables import ItemRow, Run

EMBEDDER = Run.models["embedder"].as_string()


@dataclass(frozen=True)
class Gaps:
    """outdated: garments that another embedder described. warning: what is missing and what to do; None for nothing."""

    outdated: int = 0
    warning: str | None = None


def gaps_of(services: Services, embedder: str) -> Gaps:
    """What a search by an embedder (name@version) cannot find."""
    with services.records.transaction() as session:
        by_embedder = stored_items(session)
    lost = by_embedder.pop(embedder, 0) - points_of(services, embedder)
    outdated = sum(by_embedder.values())
    messages = []
    if outdated:
        messages.append(
            f"{outdated} garments were described by {', '.join(sorted(by_embedder))} and cannot be compared by "
            f"{embedder}; `reelwear rm` their videos and drop them again"
        )
    if lost > 0:
        messages.append(f"the vector store has lost {lost} garments; `reelwear vectors rebuild` brings them back")
    return Gaps(outdated, ". ".join(messages) or None)


def stored_items(session: Session) -> dict[str, int]:
    """How many garments of the latest runs each embedder described and the vector store was given."""
    counted = select(EMBEDDER, func.count()).select_from(Run).join(ItemRow)
    wanted = counted.where(ItemRow.vector_state == "stored", is_latest()).group_by(EMBEDDER)
    return {row[0]: row[1] for row in session.execute(wanted)}


def points_of(services: Services, embedder: str) -> int:
    """How many garments of an embedder the vector store has."""
    try:
        return services.vectors.count("items", embedder)
    except ReelwearError as error:
        if error.code is not ErrorCode.NOT_FOUND:
            raise
        return 0

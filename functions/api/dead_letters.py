"""Messages that were given up, over HTTP."""

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from functions.api.answers import DeadLetterEntry, DeadLetterList, ErrorAnswer
from functions.api.store import VideoStore

if TYPE_CHECKING:
    from infra.bus import DeadLetter

UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"model": ErrorAnswer}}


def dead_letter_routes(store: VideoStore) -> APIRouter:
    """The routes of the dead letters: read, try again, forget."""
    routes = APIRouter(prefix="/dead-letters", tags=["dead letters"])

    @routes.get("")
    async def list_dead_letters() -> DeadLetterList:
        """The messages that were tried to the limit, with the reason."""
        return DeadLetterList(dead_letters=tuple(map(_entry, await store.dead_letters())))

    @routes.post("/{letter_id}/replay", status_code=204, responses=UNKNOWN)
    async def replay(letter_id: str) -> None:
        """Put a message back in its queue, with all its attempts before it."""
        await store.replay(letter_id)

    @routes.delete("/{letter_id}", status_code=204, responses=UNKNOWN)
    async def drop(letter_id: str) -> None:
        """Forget a message."""
        await store.drop(letter_id)

    return routes


def _entry(letter: "DeadLetter") -> DeadLetterEntry:
    return DeadLetterEntry(
        id=letter.id,
        queue=letter.queue,
        topic=letter.message.topic,
        body=letter.message.body,
        reason=letter.reason,
        attempts=letter.attempts,
        buried=letter.buried,
    )

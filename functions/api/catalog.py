"""The catalogue over HTTP: what its jobs ask of the process that owns the vector store."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from functions.api.answers import ErrorAnswer
from functions.api.store import VideoStore
from functions.catalog.answers import SyncReport
from functions.catalog.rematched import RematchReport

MOST_VIDEOS = 1000
UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"model": ErrorAnswer}}
DOWN: dict[int | str, dict[str, Any]] = {503: {"model": ErrorAnswer, "description": "A store does not answer"}}


def catalog_routes(store: VideoStore) -> APIRouter:
    """The routes of the catalogue."""
    routes = APIRouter(prefix="/catalog", tags=["catalog"])

    @routes.post("/sync", responses=DOWN)
    def sync_catalog(
        drop_old: Annotated[bool, Query(description="Remove indexes that another one took over from.")] = False,
    ) -> SyncReport:
        """Bring the vector store in step with the records of the catalogue, and switch to an index that is whole."""
        return store.sync_catalog(drop_old)

    @routes.post("/rematch", responses=UNKNOWN | DOWN)
    def rematch(
        video: Annotated[str | None, Query(pattern="^[0-9a-f]{16}$", description="Only this video, by its id.")] = None,
        force: Annotated[bool, Query(description="Also videos that were matched with this very catalogue.")] = False,
        after: Annotated[str, Query(description="Where the answer before this one said to go on.")] = "",
        limit: Annotated[int, Query(ge=1, le=MOST_VIDEOS, description="How many videos.")] = 25,
    ) -> RematchReport:
        """Match stored videos with the catalogue again, some at a time; those that show another product then are
        published anew. No model is asked.
        """
        return store.rematch_catalog(video, force, after, limit)

    return routes

"""Search over HTTP: garments by words, by a picture, or by both."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from functions.api.answers import ErrorAnswer
from functions.api.store import VideoStore
from functions.search.answers import RebuiltVectors, SearchAnswer
from functions.search.query import ItemQuery
from infra.errors import ErrorCode, ReelwearError

# The other fields of the form and the lines around them.
FORM_BYTES = 64 * 1024
DOWN: dict[int | str, dict[str, Any]] = {503: {"model": ErrorAnswer, "description": "The model server does not answer"}}
REFUSED: dict[int | str, dict[str, Any]] = {
    413: {"model": ErrorAnswer, "description": "The picture is too large"},
    422: {"model": ErrorAnswer, "description": "The picture cannot be read"},
}
FORM = ItemQuery.model_json_schema()
FORM["properties"]["image"] = {"type": "string", "format": "binary", "description": "JPEG or PNG to search by."}
FORM["required"] = ["image"]


def search_routes(store: VideoStore) -> APIRouter:
    """The routes of searches, and of what they search in."""
    routes = APIRouter(tags=["search"])

    @routes.get("/search/items", responses=DOWN)
    def search_by_words(query: Annotated[ItemQuery, Query()]) -> SearchAnswer:
        """The garments of all videos that words describe, the nearest first."""
        if query.text is None:
            message = "text is missing; say what to search for, or POST a picture"
            raise ReelwearError(ErrorCode.BAD_REQUEST, message)
        return store.search_items(query, None)

    @routes.post(
        "/search/items",
        responses=DOWN | REFUSED,
        openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": FORM}}}},
    )
    async def search_by_picture(request: Request) -> SearchAnswer:
        """The garments of all videos that look like a picture, the nearest first; with words too, like their mean."""
        query, picture = await _read_form(request, store.max_picture_bytes)
        return await run_in_threadpool(store.search_items, query, picture)

    @routes.post("/vectors/rebuild")
    def rebuild_vectors() -> RebuiltVectors:
        """Fill the vector store from the records again; nothing is embedded anew, and searches go on."""
        return store.rebuild_vectors()

    return routes


async def _read_form(request: Request, max_picture_bytes: int) -> tuple[ItemQuery, bytes]:
    # Read by hand: FastAPI would take in a body of any size before it looks at the token.
    _check_length(request, max_picture_bytes + FORM_BYTES)
    try:
        reading = request.form(max_files=1, max_fields=len(FORM["properties"]), max_part_size=FORM_BYTES)
        async with reading as form:
            image = form.get("image")
            fields = {name: value for name, value in form.items() if name != "image"}
            picture = await image.read() if isinstance(image, UploadFile) else None
    except HTTPException as fault:
        raise ReelwearError(ErrorCode.BAD_REQUEST, f"the form cannot be read: {fault.detail}") from fault
    if picture is None:
        raise ReelwearError(ErrorCode.BAD_REQUEST, "image is missing; send a JPEG or PNG as the file part `image`")
    if len(picture) > max_picture_bytes:
        raise _too_large("the picture", max_picture_bytes)
    try:
        return ItemQuery.model_validate(fields), picture
    except ValidationError as fault:
        raise RequestValidationError(fault.errors()) from fault


def _check_length(request: Request, max_bytes: int) -> None:
    stated = request.headers.get("content-length", "")
    if not stated.isdecimal():
        raise ReelwearError(ErrorCode.BAD_REQUEST, "the request states no Content-Length; send one")
    if int(stated) > max_bytes:
        raise _too_large(f"the request of {stated} bytes", max_bytes)


def _too_large(what: str, max_bytes: int) -> ReelwearError:
    return ReelwearError(
        ErrorCode.TOO_LARGE,
        f"{what} is over the limit of {max_bytes} bytes; send a smaller one or raise REELWEAR_MAX_PICTURE_BYTES",
    )

"""Search over HTTP: garments of videos, and products of the catalogue, by words, by a picture, or by what is stored."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from functions.api.answers import ErrorAnswer
from functions.api.store import VideoStore
from functions.search.answers import RebuiltVectors, SearchAnswer
from functions.search.product_answers import ProductAnswer
from functions.search.product_query import ProductQuery
from functions.search.query import MAX_UNWANTED, ItemQuery, SearchTerms
from infra.errors import ErrorCode, ReelwearError

# The other fields of the form and the lines around them.
FORM_BYTES = 64 * 1024
SERVED: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorAnswer, "description": "There is no such product or cut-out"},
    503: {"model": ErrorAnswer, "description": "The model server does not answer"},
}
REFUSED: dict[int | str, dict[str, Any]] = {
    413: {"model": ErrorAnswer, "description": "The picture is too large"},
    422: {"model": ErrorAnswer, "description": "The picture cannot be read"},
}
LISTS = ("without",)
Asked = TypeVar("Asked", bound=SearchTerms)


def form_of(query: type[SearchTerms]) -> dict[str, Any]:
    """How the form of a search by picture is described: the query's fields, and the picture."""
    schema = query.model_json_schema()
    schema["properties"]["image"] = {"type": "string", "format": "binary", "description": "JPEG or PNG to search by."}
    schema["required"] = ["image"]
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


def search_routes(store: VideoStore) -> APIRouter:
    """The routes of searches, and of what they search in."""
    routes = APIRouter(tags=["search"])

    @routes.get("/search/items", responses=SERVED)
    def search_by_words(query: Annotated[ItemQuery, Query()]) -> SearchAnswer:
        """The garments of all videos that words describe, or that are like a product or a cut-out, the nearest first.

        Those that were matched to the product come before all others.
        """
        _check_terms(query)
        return store.search_items(query, None)

    @routes.post("/search/items", responses=SERVED | REFUSED, openapi_extra=form_of(ItemQuery))
    async def search_by_picture(request: Request) -> SearchAnswer:
        """The garments of all videos that look like a picture, the nearest first; with words too, like their mean."""
        query, picture = await _read_form(request, ItemQuery, store.max_picture_bytes)
        return await run_in_threadpool(store.search_items, query, picture)

    @routes.get("/search/products", responses=SERVED)
    def search_products_by_words(query: Annotated[ProductQuery, Query()]) -> ProductAnswer:
        """The products of the catalogue that words describe, or that are like another or a cut-out, the best first."""
        _check_terms(query)
        return store.search_products(query, None)

    @routes.post("/search/products", responses=SERVED | REFUSED, openapi_extra=form_of(ProductQuery))
    async def search_products_by_picture(request: Request) -> ProductAnswer:
        """The products of the catalogue that look like a picture, the best first; with words too, like their sum."""
        query, picture = await _read_form(request, ProductQuery, store.max_picture_bytes)
        return await run_in_threadpool(store.search_products, query, picture)

    @routes.post("/vectors/rebuild")
    def rebuild_vectors() -> RebuiltVectors:
        """Fill the vector store from the records again; nothing is embedded anew, and searches go on."""
        return store.rebuild_vectors()

    return routes


def _check_terms(query: SearchTerms) -> None:
    if query.is_empty(has_picture=False):
        message = "text is missing; say what to search for, name a product or a crop, or POST a picture"
        raise ReelwearError(ErrorCode.BAD_REQUEST, message)


async def _read_form(request: Request, query: type[Asked], max_picture_bytes: int) -> tuple[Asked, bytes]:
    # Read by hand: FastAPI would take in a body of any size before it looks at the token.
    _check_length(request, max_picture_bytes + FORM_BYTES)
    most = len(query.model_fields) + MAX_UNWANTED
    try:
        async with request.form(max_files=1, max_fields=most, max_part_size=FORM_BYTES) as form:
            image = form.get("image")
            fields = _fields(form)
            picture = await image.read() if isinstance(image, UploadFile) else None
    except HTTPException as fault:
        raise ReelwearError(ErrorCode.BAD_REQUEST, f"the form cannot be read: {fault.detail}") from fault
    if picture is None:
        raise ReelwearError(ErrorCode.BAD_REQUEST, "image is missing; send a JPEG or PNG as the file part `image`")
    if len(picture) > max_picture_bytes:
        raise _too_large("the picture", max_picture_bytes)
    try:
        return query.model_validate(fields), picture
    except ValidationError as fault:
        raise RequestValidationError(fault.errors()) from fault


def _fields(form: FormData) -> Mapping[str, object]:
    """What a form says beside its picture; fields that may be repeated as lists."""
    return {name: form.getlist(name) if name in LISTS else value for name, value in form.items() if name != "image"}


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

"""The HTTP API of the host process."""

import secrets
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from functions.api.answers import ErrorAnswer, Health
from functions.api.catalog import catalog_routes
from functions.api.dead_letters import dead_letter_routes
from functions.api.errors import add_error_answers
from functions.api.search import search_routes
from functions.api.store import VideoStore
from functions.api.videos import video_routes
from infra.errors import ErrorCode, ReelwearError

MAX_HOOK_BYTES = 1024**2
DESCRIPTION = """Drop a reel in the bucket and read here what is worn in it, when, in which colour,
and what mood it has.

Every address but `GET /healthz` asks for `Authorization: Bearer <token>`. Every error answers with
`{"error": {"code", "message"}}`: the code is stable, the message says what to do."""


def build_app(store: VideoStore, token: str, hook_secret: str) -> FastAPI:
    """The app over a store. `token` opens all but the health; `hook_secret` opens the object store's hook alone.

    Raises BAD_SETTING where one of the two is empty: nothing is served unguarded.
    """
    if not token or not hook_secret:
        raise ReelwearError(
            ErrorCode.BAD_SETTING,
            "the API's token or the hook's secret is empty; `reelwear up` makes both, "
            "or set REELWEAR_API_TOKEN and REELWEAR_HOOK_SECRET",
        )
    app = FastAPI(title="Reelwear", description=DESCRIPTION, docs_url=None, redoc_url=None, openapi_url=None)
    add_error_answers(app)
    app.include_router(_open_routes(store, hook_secret))
    guarded = APIRouter(
        prefix="/v1",
        dependencies=[Depends(_guard(token))],
        responses={
            code.http_status: {"model": ErrorAnswer} for code in (ErrorCode.BAD_REQUEST, ErrorCode.UNAUTHORIZED)
        },
    )
    guarded.include_router(video_routes(store))
    guarded.include_router(search_routes(store))
    guarded.include_router(catalog_routes(store))
    guarded.include_router(dead_letter_routes(store))

    @guarded.get("/openapi.json", include_in_schema=False)
    def openapi() -> dict[str, Any]:
        return app.openapi()

    app.include_router(guarded)
    return app


def _open_routes(store: VideoStore, hook_secret: str) -> APIRouter:
    routes = APIRouter()

    @routes.get("/healthz", tags=["health"], responses={503: {"model": Health}})
    def health(response: Response) -> Health:
        """Whether the host process can work: 200, or 503 with what is wrong."""
        state = store.health()
        response.status_code = 200 if state.ok else 503
        return state

    @routes.post("/hooks/objects", status_code=204, include_in_schema=False)
    async def hook(request: Request, secret: Annotated[str, Query()] = "") -> None:
        given = secret or request.headers.get("authorization", "").removeprefix("Bearer ")
        _check(given, hook_secret, "the hook's secret")
        store.on_object_event(await _body(request))

    return routes


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_HOOK_BYTES:
            raise ReelwearError(ErrorCode.TOO_LARGE, f"the event is over the limit of {MAX_HOOK_BYTES} bytes")
    return bytes(body)


def _guard(token: str) -> Callable[[HTTPAuthorizationCredentials | None], None]:
    scheme = HTTPBearer(auto_error=False, description="REELWEAR_API_TOKEN, kept in the data folder's stack.env")

    def guard(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(scheme)]) -> None:
        _check(credentials.credentials if credentials else "", token, "the bearer token")

    return guard


def _check(given: str, expected: str, what: str) -> None:
    if not secrets.compare_digest(given.encode(), expected.encode()):
        raise ReelwearError(
            ErrorCode.UNAUTHORIZED,
            f"{what} is {'wrong' if given else 'missing'}; it is kept in stack.env in the data folder",
        )

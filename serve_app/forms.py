"""What is read from a request and written to an answer, with every limit checked before anything is decoded."""

import hmac
from typing import TypeVar

from fastapi import Request
from fastapi.exceptions import HTTPException
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.datastructures import FormData, UploadFile

from serve_app.errors import ModelServerError

Content = TypeVar("Content")


def authorize(request: Request, token: str) -> None:
    """Raise `unauthorized` unless the request carries the token; an empty one lets all in. Takes constant time."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    is_right = hmac.compare_digest(given.strip().encode(), token.encode()) and scheme.lower() == "bearer"
    if token and not is_right:
        raise ModelServerError("unauthorized", "the bearer token is missing or wrong; send REELWEAR_MODEL_SERVER_TOKEN")


async def read_body(request: Request, max_bytes: int) -> bytes:
    """The body of a request; raises `too_large`."""
    check_length(request, max_bytes)
    return await request.body()


def check_length(request: Request, max_bytes: int) -> None:
    """Raise `too_large` before a body is read; the HTTP server keeps a body to its stated length."""
    stated = request.headers.get("content-length", "")
    if not stated.isdecimal():
        raise ModelServerError("bad_request", "the request states no Content-Length; send one")
    if int(stated) > max_bytes:
        raise ModelServerError(
            "too_large",
            f"the request has {stated} bytes, over the limit of {max_bytes}; "
            "send fewer pictures at once or raise REELWEAR_MAX_REQUEST_BYTES",
        )


async def read_form(request: Request, max_bytes: int) -> FormData:
    """The multipart form of a request; raises `too_large` or `bad_request`."""
    check_length(request, max_bytes)
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise ModelServerError("bad_request", "the request is no multipart/form-data")
    try:
        return await request.form(max_files=float("inf"), max_part_size=max_bytes)
    except HTTPException as error:
        raise ModelServerError("bad_request", f"the form cannot be read: {error.detail}") from error


async def read_pictures(form: FormData, name: str, max_parts: int) -> list[bytes]:
    """The bytes of the file parts of one name, at least one; raises `too_many_parts` or `bad_request`."""
    parts = [part for part in form.getlist(name) if isinstance(part, UploadFile)]
    if not parts:
        raise ModelServerError("bad_request", f"no file part is named {name!r}; send one per picture")
    if len(parts) > max_parts:
        raise ModelServerError(
            "too_many_parts",
            f"the request has {len(parts)} pictures, over the limit of {max_parts}; "
            "send several requests or raise REELWEAR_MAX_REQUEST_PARTS",
        )
    return [await part.read() for part in parts]


async def read_json_part(form: FormData, name: str, adapter: TypeAdapter[Content]) -> Content | None:
    """The checked content of a JSON part, sent as a field or as a file; None where there is none."""
    part = form.get(name)
    if part is None:
        return None
    return read_json(await part.read() if isinstance(part, UploadFile) else part, name, adapter)


def read_json(text: str | bytes, name: str, adapter: TypeAdapter[Content]) -> Content:
    """The checked content of a JSON text; raises `bad_request` with its first fault, without repeating the value."""
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, fault["loc"])) or "JSON"
        raise ModelServerError("bad_request", f"{name!r} is not as agreed: {where}: {fault['msg']}") from error


def wire_answer(answer: BaseModel) -> Response:
    """A pydantic model as the JSON body of an answer."""
    return Response(answer.model_dump_json(), media_type="application/json")


def error_answer(error: ModelServerError) -> Response:
    """An error as JSON, with its HTTP status, and `Retry-After` where waiting helps."""
    headers = {"Retry-After": f"{error.retry_after_s:.0f}"} if error.retry_after_s is not None else {}
    if error.http_status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    content = {"error": {"code": error.code, "message": error.message}}
    return JSONResponse(content, error.http_status, headers)

"""Every failure of a request answered in one shape."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from functions.api.answers import ErrorAnswer, ErrorBody
from infra.errors import ErrorCode, ReelwearError


def add_error_answers(app: FastAPI) -> None:
    """Answer what is raised in a route with `{"error": {"code", "message"}}` and the status of its code."""

    @app.exception_handler(ReelwearError)
    async def named(_request: Request, error: ReelwearError) -> JSONResponse:
        return _answer(error.code.http_status, error.code, error.message)

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        faults = "; ".join(f"{fault['loc'][-1]} is {fault['input']!r}: {fault['msg']}" for fault in error.errors())
        return _answer(ErrorCode.BAD_REQUEST.http_status, ErrorCode.BAD_REQUEST, faults)

    @app.exception_handler(HTTPException)
    async def unrouted(request: Request, error: HTTPException) -> JSONResponse:
        code = ErrorCode.NOT_FOUND if error.status_code == ErrorCode.NOT_FOUND.http_status else ErrorCode.BAD_REQUEST
        return _answer(error.status_code, code, f"{request.method} {request.url.path}: {error.detail}")

    @app.exception_handler(Exception)
    async def unforeseen(_request: Request, error: Exception) -> JSONResponse:
        message = f"{type(error).__name__} in the host process; its log says where"
        return _answer(ErrorCode.INTERNAL.http_status, ErrorCode.INTERNAL, message)


def _answer(status: int, code: ErrorCode, message: str) -> JSONResponse:
    body = ErrorAnswer(error=ErrorBody(code=code.code, message=message))
    headers = {"WWW-Authenticate": "Bearer"} if code is ErrorCode.UNAUTHORIZED else None
    return JSONResponse(body.model_dump(), status, headers)

"""The host process over HTTP, as the command line sees it."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from functions.api.answers import DeadLetterList, ErrorAnswer, Health, Masks, UploadStatus
from functions.document import DocumentList, ResultDocument
from functions.search.answers import RebuiltVectors, SearchAnswer
from infra.errors import ErrorCode, ReelwearError
from infra.settings import Settings

Answer = TypeVar("Answer", bound=BaseModel)

TIMEOUT_S = 30.0
REBUILD_TIMEOUT_S = 1800.0


class HostClient:
    """Asks the host process. Every method raises NOT_RUNNING where nothing answers, else the host's own error."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"})

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The client of this machine's stack."""
        return cls(settings.api_url, settings.api.api_token.get_secret_value())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _fault: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._http.close()

    def health(self) -> Health:
        """How the host process is."""
        return _read(Health, self._send("GET", "/healthz", accepted=(200, 503)))

    def list_videos(self, limit: int = 50, offset: int = 0, id_prefix: str = "") -> DocumentList:
        """A page of the videos, newest first."""
        params = {"limit": str(limit), "offset": str(offset), "prefix": id_prefix}
        return _read(DocumentList, self._send("GET", "/v1/videos", params))

    def video(self, video_id: str) -> ResultDocument:
        """The document of a video; raises NOT_FOUND."""
        return _read(ResultDocument, self._send("GET", f"/v1/videos/{video_id}"))

    def masks(self, video_id: str) -> Masks:
        """The masks of a video's items; raises NOT_FOUND."""
        return _read(Masks, self._send("GET", f"/v1/videos/{video_id}/masks"))

    def remove_video(self, video_id: str) -> None:
        """Delete a video's uploads; raises NOT_FOUND."""
        self._send("DELETE", f"/v1/videos/{video_id}")

    def upload(self, key: str, etag: str = "") -> UploadStatus | None:
        """How far an upload is; None where the host has not noticed it yet."""
        answer = self._send("GET", "/v1/uploads", {"key": key, "etag": etag}, accepted=(200, 404))
        return _read(UploadStatus, answer) if answer.status_code == 200 else None

    def picture(self, key: str) -> bytes | None:
        """The bytes of a keyframe or crop; None where the store no longer has it."""
        # The redirect leads to another port, so httpx leaves the token behind.
        answer = self._send("GET", f"/v1/objects/{key}", accepted=(200, 404), follow=True)
        return answer.content if answer.status_code == 200 else None

    def search_items(self, wanted: Mapping[str, str], picture: bytes | None = None) -> SearchAnswer:
        """The garments nearest to words and a picture; `wanted` has the fields of `ItemQuery`."""
        if picture is None:
            return _read(SearchAnswer, self._send("GET", "/v1/search/items", wanted))
        return _read(SearchAnswer, self._send("POST", "/v1/search/items", form=wanted, files={"image": picture}))

    def rebuild_vectors(self) -> RebuiltVectors:
        """Fill the vector store from the records again; takes about a minute for ten thousand garments."""
        return _read(RebuiltVectors, self._send("POST", "/v1/vectors/rebuild", timeout_s=REBUILD_TIMEOUT_S))

    def dead_letters(self) -> DeadLetterList:
        """The messages given up."""
        return _read(DeadLetterList, self._send("GET", "/v1/dead-letters"))

    def replay(self, letter_id: str) -> None:
        """Put a dead letter back in its queue; raises NOT_FOUND."""
        self._send("POST", f"/v1/dead-letters/{letter_id}/replay")

    def drop(self, letter_id: str) -> None:
        """Forget a dead letter; raises NOT_FOUND."""
        self._send("DELETE", f"/v1/dead-letters/{letter_id}")

    def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        accepted: tuple[int, ...] = (200, 204),
        follow: bool = False,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, bytes] | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> httpx.Response:
        try:
            answer = self._http.request(
                method, path, params=params, follow_redirects=follow, data=form, files=files, timeout=timeout_s
            )
        except httpx.TransportError as fault:
            raise ReelwearError(
                ErrorCode.NOT_RUNNING,
                f"nothing answers at {_origin(fault.request.url)} ({type(fault).__name__}); "
                "start the stack with `reelwear up`",
            ) from fault
        if answer.status_code not in accepted:
            raise _error_of(answer)
        return answer


def _read(model: type[Answer], answer: httpx.Response) -> Answer:
    try:
        return model.model_validate_json(answer.content)
    except ValidationError as fault:
        raise ReelwearError(
            ErrorCode.NOT_RUNNING,
            f"what answers at {answer.url} is not this version of Reelwear; `reelwear status` says what runs there",
        ) from fault


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode()}"


def _error_of(answer: httpx.Response) -> ReelwearError:
    try:
        error = ErrorAnswer.model_validate_json(answer.content).error
    except ValidationError:
        return ReelwearError(ErrorCode.INTERNAL, f"{answer.url} answered {answer.status_code} {answer.reason_phrase}")
    known = {code.code: code for code in ErrorCode}
    return ReelwearError(known.get(error.code, ErrorCode.INTERNAL), error.message)

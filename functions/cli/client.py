"""The host process over HTTP, as the command line sees it."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from functions.api.answers import DeadLetterList, ErrorAnswer, Health, Masks, UploadStatus
from functions.catalog.answers import SyncReport
from functions.catalog.rematched import RematchReport
from functions.document import DocumentList, ResultDocument
from functions.search.answers import RebuiltVectors, SearchAnswer
from functions.search.product_answers import ProductAnswer
from infra.errors import ErrorCode, ReelwearError
from infra.settings import Settings

Answer = TypeVar("Answer", bound=BaseModel)

# The fields of a query as they go over the wire; one that may be repeated has a list.
Fields = Mapping[str, str | list[str]]

TIMEOUT_S = 30.0
REBUILD_TIMEOUT_S = 1800.0
REMATCH_TIMEOUT_S = 300.0


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

    def search_items(self, wanted: Fields, picture: bytes | None = None) -> SearchAnswer:
        """The garments nearest to words and a picture; `wanted` has the fields of `ItemQuery`."""
        return self._search(SearchAnswer, "/v1/search/items", wanted, picture)

    def search_products(self, wanted: Fields, picture: bytes | None = None) -> ProductAnswer:
        """The products nearest to words and a picture; `wanted` has the fields of `ProductQuery`."""
        return self._search(ProductAnswer, "/v1/search/products", wanted, picture)

    def rebuild_vectors(self) -> RebuiltVectors:
        """Fill the vector store from the records again; takes about a minute for ten thousand garments."""
        return _read(RebuiltVectors, self._send("POST", "/v1/vectors/rebuild", timeout_s=REBUILD_TIMEOUT_S))

    def sync_catalog(self, is_dropping_old: bool = False) -> SyncReport:
        """Bring the vector store in step with the records of the catalogue."""
        params = {"drop_old": str(is_dropping_old).lower()}
        return _read(SyncReport, self._send("POST", "/v1/catalog/sync", params, timeout_s=REBUILD_TIMEOUT_S))

    def rematch_catalog(self, video_id: str | None, is_forced: bool, after: str) -> RematchReport:
        """Compare some stored videos with the catalogue again; raises NOT_FOUND for an unknown video."""
        wanted = {"video": video_id, "force": str(is_forced).lower(), "after": after}
        params = {name: value for name, value in wanted.items() if value}
        return _read(RematchReport, self._send("POST", "/v1/catalog/rematch", params, timeout_s=REMATCH_TIMEOUT_S))

    def dead_letters(self) -> DeadLetterList:
        """The messages given up."""
        return _read(DeadLetterList, self._send("GET", "/v1/dead-letters"))

    def replay(self, letter_id: str) -> None:
        """Put a dead letter back in its queue; raises NOT_FOUND."""
        self._send("POST", f"/v1/dead-letters/{letter_id}/replay")

    def drop(self, letter_id: str) -> None:
        """Forget a dead letter; raises NOT_FOUND."""
        self._send("DELETE", f"/v1/dead-letters/{letter_id}")

    def _search(self, answer: type[Answer], path: str, wanted: Fields, picture: bytes | None) -> Answer:
        if picture is None:
            return _read(answer, self._send("GET", path, wanted))
        return _read(answer, self._send("POST", path, form=wanted, files={"image": picture}))

    def _send(
        self,
        method: str,
        path: str,
        params: Fields | None = None,
        accepted: tuple[int, ...] = (200, 204),
        follow: bool = False,
        form: Fields | None = None,
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

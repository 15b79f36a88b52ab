"""The caller's side of the model server; it tries once and names what went wrong: trying again is the queue's job."""

from collections.abc import Sequence
from typing import Self, TypeVar

import httpx
from pydantic import TypeAdapter, ValidationError

from serve_app.contract import (
    FramesAnswer,
    FramesOptions,
    ModelsAnswer,
    PeopleAnswer,
    Rle,
    TextsRequest,
    VectorsAnswer,
    Wire,
)
from serve_app.errors import ModelServerError

Answer = TypeVar("Answer", bound=Wire)
MASKS = TypeAdapter(tuple[Rle | None, ...])
CONNECT_TIMEOUT_S = 5.0
# Twice the requests that the ingress works at; httpx keeps 20 alive, and the others would connect anew each time.
MAX_CONNECTIONS = 128


class ModelClient:
    """Speaks to one model server over kept-alive connections; safe to share between threads, of which
    `MAX_CONNECTIONS` ask at once without waiting for one another.
    """

    def __init__(self, url: str, token: str = "", timeout_s: float = 60.0) -> None:
        self.url = url.rstrip("/")
        self.http = httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, CONNECT_TIMEOUT_S)),
            limits=httpx.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_CONNECTIONS),
            trust_env=False,
        )

    def frames(self, jpegs: Sequence[bytes], options: FramesOptions | None = None) -> FramesAnswer:
        """What the models see in each picture; as many results as pictures, a bad one with its error."""
        files = [("frames", (f"{index}.jpg", data, "image/jpeg")) for index, data in enumerate(jpegs)]
        data = {"options": (options or FramesOptions()).model_dump_json()}
        answer = self.ask("POST", "/v1/frames", FramesAnswer, files=files, data=data)
        return self.check_count(answer, len(answer.frames), len(jpegs))

    def people(self, pictures: Sequence[bytes]) -> PeopleAnswer:
        """The people in each JPEG or PNG, each alone on white; raises `no_people_finder` where no model is for them."""
        files = [("frames", (f"{index}.jpg", data, "image/jpeg")) for index, data in enumerate(pictures)]
        answer = self.ask("POST", "/v1/people", PeopleAnswer, files=files)
        return self.check_count(answer, len(answer.frames), len(pictures))

    def embed_images(self, images: Sequence[bytes], masks: Sequence[Rle | None] | None = None) -> VectorsAnswer:
        """A unit vector of each JPEG or PNG; what lies outside its mask, where it has one, is not looked at."""
        files = [("images", (f"{index}.jpg", data, "image/jpeg")) for index, data in enumerate(images)]
        data = {} if masks is None else {"masks": MASKS.dump_json(tuple(masks)).decode()}
        answer = self.ask("POST", "/v1/embed/images", VectorsAnswer, files=files, data=data)
        return self.check_count(answer, len(answer.vectors), len(images))

    def embed_texts(self, texts: Sequence[str]) -> VectorsAnswer:
        """A unit vector of each text; raises `no_text_embedder` where the embedder has no text tower."""
        content = TextsRequest(texts=tuple(texts)).model_dump_json()
        headers = {"Content-Type": "application/json"}
        answer = self.ask("POST", "/v1/embed/texts", VectorsAnswer, content=content, headers=headers)
        return self.check_count(answer, len(answer.vectors), len(texts))

    def models(self) -> ModelsAnswer:
        """The models that the server runs."""
        return self.ask("GET", "/v1/models", ModelsAnswer)

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, method: str, path: str, kind: type[Answer], **content: object) -> Answer:
        """One request; raises ModelServerError by the server's own code, `unreachable`, `timeout` or `bad_answer`."""
        try:
            response = self.http.request(method, path, **content)  # type: ignore[arg-type]
        except httpx.TimeoutException as error:
            raise ModelServerError("timeout", f"{self.url}{path} did not answer in time ({error})") from error
        except httpx.TransportError as error:
            raise ModelServerError("unreachable", f"{self.url}{path} cannot be reached ({error})") from error
        if response.is_success:
            try:
                return kind.model_validate_json(response.content)
            except ValidationError as error:
                raise ModelServerError("bad_answer", f"{self.url}{path} answered something else: {error}") from error
        raise named_error(response)

    def check_count(self, answer: Answer, n_results: int, n_inputs: int) -> Answer:
        """The answer, if it has as many results as there were inputs."""
        if n_results != n_inputs:
            raise ModelServerError("bad_answer", f"{self.url} gave {n_results} results for {n_inputs} inputs")
        return answer


def named_error(response: httpx.Response) -> ModelServerError:
    """The error of an answer that is none; Serve's own answers have no code, so theirs comes from the status."""
    wait = response.headers.get("retry-after", "")
    retry_after_s = float(wait) if wait.isdigit() else None
    try:
        error = response.json()["error"]
        return ModelServerError(str(error["code"]), str(error["message"]), retry_after_s=retry_after_s)
    except (ValueError, KeyError, TypeError):
        code = {503: "overloaded", 408: "timeout", 504: "timeout"}.get(response.status_code, "internal")
        message = f"{response.request.url} answered {response.status_code}: {response.text[:200]}"
        return ModelServerError(code, message, retry_after_s=retry_after_s)

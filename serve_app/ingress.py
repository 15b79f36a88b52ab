"""The HTTP ingress: who may ask, how much, and in which form; the work itself is the models' deployment's."""

from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import Response
from pydantic import TypeAdapter
from ray import serve
from ray.exceptions import RayError, RayTaskError
from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError
from ray.serve.handle import DeploymentHandle

from serve_app.config import ServeSettings
from serve_app.contract import (
    FrameError,
    FramesAnswer,
    FramesOptions,
    ModelInfo,
    ModelsAnswer,
    PeopleAnswer,
    Rle,
    TextsRequest,
    Vector,
    VectorsAnswer,
    encode_vector,
)
from serve_app.errors import ModelServerError
from serve_app.forms import (
    authorize,
    error_answer,
    read_body,
    read_form,
    read_json,
    read_json_part,
    read_pictures,
    wire_answer,
)
from serve_app.frames import ImageJob
from serve_app.loopback import LOOPBACK, keep_replica_on_loopback

RETRY_AFTER_S = 1.0
METRICS_TIMEOUT_S = 5.0
Answer = TypeVar("Answer")
OPTIONS = TypeAdapter(FramesOptions)
MASKS = TypeAdapter(tuple[Rle | None, ...])
TEXTS = TypeAdapter(TextsRequest)

http = FastAPI(title="Reelwear model server", docs_url=None, redoc_url=None)


@http.exception_handler(ModelServerError)
async def name_error(_: Request, error: ModelServerError) -> Response:
    """Every failure is answered by name."""
    return error_answer(error)


async def wait_for(answer: Awaitable[Answer]) -> Answer:
    """What the models answer; models that are full or gone are worth another try, and the error says when."""
    try:
        return await answer
    except BackPressureError as error:
        full = "the models have as many requests waiting as they take; try again later"
        raise ModelServerError("overloaded", full, retry_after_s=RETRY_AFTER_S) from error
    except RayTaskError as error:
        if isinstance(error.cause, ModelServerError):
            raise error.cause from error
        raise
    except (RayError, DeploymentUnavailableError) as error:
        gone = f"the models do not answer ({type(error).__name__}); they are being started again"
        raise ModelServerError("unreachable", gone, retry_after_s=RETRY_AFTER_S) from error


@serve.deployment(
    max_ongoing_requests=64,
    graceful_shutdown_timeout_s=3.0,
    graceful_shutdown_wait_loop_s=0.1,
    ray_actor_options={"num_cpus": 0},
)
@serve.ingress(http)
class Ingress:
    """The routes of the model server. Serve copies what they call when the class is decorated: it must stand above."""

    def __init__(self, models: DeploymentHandle[Any], settings: ServeSettings) -> None:
        keep_replica_on_loopback()
        self.models = models
        self.settings = settings
        self.token = settings.model_server_token.get_secret_value()
        self.rows: tuple[ModelInfo, ...] = ()

    @http.get("/v1/models")
    async def list_models(self, request: Request) -> Response:
        """`ModelsAnswer`."""
        authorize(request, self.token)
        return wire_answer(ModelsAnswer(models=await self.describe()))

    @http.post("/v1/frames")
    async def look_at_frames(self, request: Request) -> Response:
        """`FramesAnswer` for the file parts `frames` and the JSON part `options`."""
        authorize(request, self.token)
        form = await read_form(request, self.settings.max_request_bytes)
        options = await read_json_part(form, "options", OPTIONS) or FramesOptions()
        frames = await read_pictures(form, "frames", self.settings.max_request_parts)
        results = await wait_for(self.models.look.remote(frames, options))
        versions = {row.role: f"{row.name}@{row.version}" for row in await self.describe()}
        return wire_answer(FramesAnswer(frames=tuple(results), models=versions))

    @http.post("/v1/people")
    async def find_people(self, request: Request) -> Response:
        """`PeopleAnswer` for the file parts `frames`."""
        authorize(request, self.token)
        form = await read_form(request, self.settings.max_request_bytes)
        frames = await read_pictures(form, "frames", self.settings.max_request_parts)
        results = await wait_for(self.models.find_people.remote(frames))
        versions = {row.role: f"{row.name}@{row.version}" for row in await self.describe() if row.role == "people"}
        return wire_answer(PeopleAnswer(frames=tuple(results), models=versions))

    @http.post("/v1/embed/images")
    async def embed_images(self, request: Request) -> Response:
        """`VectorsAnswer` for the file parts `images` and, if masked, the JSON part `masks`: RLE or null each."""
        authorize(request, self.token)
        form = await read_form(request, self.settings.max_request_bytes)
        pictures = await read_pictures(form, "images", self.settings.max_request_parts)
        masks = await read_json_part(form, "masks", MASKS) or (None,) * len(pictures)
        if len(masks) != len(pictures):
            raise ModelServerError("bad_request", f"'masks' has {len(masks)} entries for {len(pictures)} images")
        jobs = [ImageJob(data, mask) for data, mask in zip(pictures, masks, strict=True)]
        return wire_answer(await self.vectors_answer(await wait_for(self.models.embed_images.remote(jobs))))

    @http.post("/v1/embed/texts")
    async def embed_texts(self, request: Request) -> Response:
        """`VectorsAnswer` for a `TextsRequest`."""
        authorize(request, self.token)
        body = await read_body(request, self.settings.max_request_bytes)
        texts = read_json(body, "texts", TEXTS).texts
        return wire_answer(await self.vectors_answer(await wait_for(self.models.embed_texts.remote(texts))))

    @http.get("/metrics")
    async def tell_metrics(self, request: Request) -> Response:
        """What Ray, Serve and the models of this node count, as Prometheus reads it."""
        authorize(request, self.token)
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=METRICS_TIMEOUT_S) as client:
                told = await client.get(f"http://{LOOPBACK}:{self.settings.metrics_port}/metrics")
                told.raise_for_status()
        except httpx.HTTPError as error:
            quiet = f"Ray's agent tells no metrics yet ({type(error).__name__}); try again in some seconds"
            raise ModelServerError("unreachable", quiet, retry_after_s=RETRY_AFTER_S) from error
        return Response(told.text, media_type="text/plain; version=0.0.4")

    async def describe(self) -> tuple[ModelInfo, ...]:
        """The rows of the models, asked for once."""
        if not self.rows:
            self.rows = tuple(await wait_for(self.models.describe.remote()))
        return self.rows

    async def vectors_answer(self, vectors: Sequence[Vector | FrameError]) -> VectorsAnswer:
        """Vectors, or errors in their places, as they go over the wire."""
        row = next(row for row in await self.describe() if row.role == "embedder")
        return VectorsAnswer(
            model=f"{row.name}@{row.version}",
            dimension=row.dimension or 0,
            vectors=tuple(None if isinstance(vector, FrameError) else encode_vector(vector) for vector in vectors),
            errors=tuple(vector if isinstance(vector, FrameError) else None for vector in vectors),
        )

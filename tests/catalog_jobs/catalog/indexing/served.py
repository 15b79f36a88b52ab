"""A model server's embedder by the real contract, over the real embedder, with the faults that a test asks for."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from fastapi import FastAPI, Request
from fastapi.responses import Response
from pydantic import TypeAdapter

from serve_app.contract import FrameError, ModelInfo, ModelsAnswer, Rle, TextsRequest, VectorsAnswer, encode_vector
from serve_app.errors import ModelServerError
from serve_app.forms import error_answer, read_form, read_json_part, read_pictures
from serve_app.frames import ImageJob, try_crop, wire_error
from serve_app.models.embedded import embedder_info_of
from serve_app.models.image_text import ImageTextModel
from serve_app.models.pictures import Image

MAX_BYTES = 32 * 1024**2
MASKS = TypeAdapter(tuple[Rle | None, ...])


@dataclass
class EmbeddingServer:
    """max_parts: pictures that it takes in one request. max_pixels: of one of them. faults: raised by the next
    requests, one each. version: what it says it runs, if not what it does. requests: how much each had.
    """

    model: ImageTextModel = field(default_factory=lambda: ImageTextModel(threads=2))
    max_parts: int = 64
    max_pixels: int = 10_000_000
    has_texts: bool = True
    faults: list[ModelServerError] = field(default_factory=list)
    version: str = ""
    requests: list[int] = field(default_factory=list)

    def app(self) -> FastAPI:
        """What answers."""
        app = FastAPI()

        @app.exception_handler(ModelServerError)
        async def name(_: Request, error: ModelServerError) -> Response:
            return error_answer(error)

        @app.get("/v1/models")
        def models() -> ModelsAnswer:
            return ModelsAnswer(models=(self.info(),))

        @app.post("/v1/embed/texts")
        def texts(request: TextsRequest) -> VectorsAnswer:
            self.take(len(request.texts))
            if not self.has_texts:
                raise ModelServerError("no_text_embedder", "no text tower")
            return self.answer([encode_vector(one) for one in self.model.embed_texts(request.texts)])

        @app.post("/v1/embed/images")
        async def images(request: Request) -> VectorsAnswer:
            form = await read_form(request, MAX_BYTES)
            files = await read_pictures(form, "images", 1000)
            masks = await read_json_part(form, "masks", MASKS) or (None,) * len(files)
            await form.close()
            self.take(len(files))
            jobs = [ImageJob(*both) for both in zip(files, masks, strict=True)]
            return self.answer([self.embed(try_crop(job, self.max_pixels)) for job in jobs])

        return app

    def embed(self, picture: Image | ModelServerError) -> str | FrameError:
        if isinstance(picture, ModelServerError):
            return wire_error(picture)
        return encode_vector(self.model.embed_images([picture])[0])

    def info(self) -> ModelInfo:
        info = embedder_info_of(self.model)
        return info.model_copy(update={"version": self.version or info.version})

    def take(self, parts: int) -> None:
        self.requests.append(parts)
        if self.faults:
            raise self.faults.pop(0)
        if parts > self.max_parts:
            raise ModelServerError("too_many_parts", f"{parts} pictures are over the limit of {self.max_parts}")

    def answer(self, results: Sequence[str | FrameError]) -> VectorsAnswer:
        info = self.info()
        return VectorsAnswer(
            model=f"{info.name}@{info.version}",
            dimension=info.dimension or 0,
            vectors=tuple(None if isinstance(one, FrameError) else one for one in results),
            errors=tuple(one if isinstance(one, FrameError) else None for one in results),
        )

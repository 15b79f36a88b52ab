"""The deployment that holds the models: batches across requests, one thread of work."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray
from ray import serve

from serve_app.config import ServeSettings
from serve_app.contract import FrameError, FrameResult, FramesOptions, ModelInfo, PeopleResult, Vector
from serve_app.errors import ModelServerError
from serve_app.frames import FrameJob, ImageJob, Sighting, embed_pictures, see_frames, try_crop
from serve_app.loopback import keep_replica_on_loopback
from serve_app.metrics import ModelMetrics, Queued
from serve_app.models.families import load_models
from serve_app.models.pictures import Image
from serve_app.models.rows import WarmsItself
from serve_app.people import Crowd, find_people, people_finder_of

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

# A batch of frames is counted in pixels; one frame counts for no more than all of it.
MAX_PIXELS_A_BATCH = 8 * 720 * 1280
MAX_IMAGES_A_BATCH = 32
BATCH_WAIT_S = 0.002
# Requests at work in the replica at once: enough that the batches fill while one runs.
MAX_ONGOING_REQUESTS = 4
STOP_TIMEOUT_S = 3.0


def pixels_of(queued: list[Queued[FrameJob]]) -> int:
    """What frames count in a batch."""
    return sum(min(one.job.n_pixels, MAX_PIXELS_A_BATCH) for one in queued)


@serve.deployment(
    max_ongoing_requests=MAX_ONGOING_REQUESTS,
    graceful_shutdown_timeout_s=STOP_TIMEOUT_S,
    graceful_shutdown_wait_loop_s=0.1,
    ray_actor_options={"num_cpus": 0},
)
class Models:
    """All roles in one replica: one set of weights, one pool of threads, no picture decoded twice.

    Everything heavy runs in one thread of its own, so that the loop stays free and the threads of two forward passes
    never add up. Pictures are decoded and masks encoded beside it, so that the next batch is ready when a pass ends and
    begins at once.
    """

    def __init__(self, settings: ServeSettings) -> None:
        keep_replica_on_loopback()
        cv2.setNumThreads(1)
        self.max_pixels = settings.max_picture_pixels
        self.models = load_models(settings)
        self.thread = ThreadPoolExecutor(1, "models")
        self.readers = ThreadPoolExecutor(settings.reader_threads, "readers")
        # In the thread that the passes run in, since some of what they set up is kept by thread.
        flops = self.thread.submit(self.warm_up).result()
        peak_flops = self.models.peak_flops if isinstance(self.models, WarmsItself) else 0.0
        self.metrics = ModelMetrics(self.models.describe(), flops, peak_flops)

    def warm_up(self) -> Mapping[str, int]:
        """Run each pass once, so that the first request does not pay for it; the FLOP of one input, where counted."""
        if isinstance(self.models, WarmsItself):
            return self.models.warm_up()
        frame = self.models.take(np.full((1280, 720, 3), 127, np.uint8))
        self.models.find_garments([frame])
        self.models.embed_images([frame])
        if any(row.words for row in self.models.describe()):
            self.models.embed_texts(["a red dress"])
        return {}

    def describe(self) -> tuple[ModelInfo, ...]:
        """The models of this replica."""
        return self.models.describe()

    async def look(self, frames: Sequence[bytes], options: FramesOptions) -> list[FrameResult]:
        """A result for each JPEG or PNG."""
        return list(await asyncio.gather(*(self.look_one(index, data, options) for index, data in enumerate(frames))))

    async def look_one(self, index: int, data: bytes, options: FramesOptions) -> FrameResult:
        """Decode a frame, look at it with whichever others are there, and encode its masks."""
        job = await self.run_in(self.readers, FrameJob.read, index, data, options, self.max_pixels)
        sighting: Sighting = await self.look_batch(Queued(job))
        return await self.run_in(self.readers, sighting.encode) if sighting.masks else sighting.result

    async def find_people(self, frames: Sequence[bytes]) -> list[PeopleResult]:
        """The people in each JPEG or PNG; raises `no_people_finder`."""
        people_finder_of(self.models)
        return list(await asyncio.gather(*(self.find_people_of_one(index, data) for index, data in enumerate(frames))))

    async def find_people_of_one(self, index: int, data: bytes) -> PeopleResult:
        """Decode a picture, find its people with whichever others are there, and encode them."""
        job = await self.run_in(self.readers, FrameJob.read, index, data, FramesOptions(), self.max_pixels)
        crowd: Crowd = await self.people_batch(Queued(job))
        return await self.run_in(self.readers, crowd.encode)

    async def embed_images(self, jobs: Sequence[ImageJob]) -> list[Vector | FrameError]:
        """A unit vector, or its error, for each picture."""
        return list(await asyncio.gather(*(self.embed_one(job) for job in jobs)))

    async def embed_one(self, job: ImageJob) -> Vector | FrameError:
        """Decode a picture and embed it with whichever others are there."""
        picture = await self.run_in(self.readers, try_crop, job, self.max_pixels)
        vector: Vector | FrameError = await self.embed_batch(Queued(picture))
        return vector

    async def embed_texts(self, texts: Sequence[str]) -> list[Vector]:
        """A unit vector for each text; raises `no_text_embedder`."""
        began = time.monotonic()
        return list(await self.run_in(self.thread, self.embed_texts_at, began, texts))

    def embed_texts_at(self, asked_s: float, texts: Sequence[str]) -> NDArray[np.float32]:
        """The texts of one request that waits since a moment."""
        with self.metrics.passing("texts", [asked_s] * len(texts)):
            return self.models.embed_texts(texts)

    @serve.batch(max_batch_size=MAX_PIXELS_A_BATCH, batch_wait_timeout_s=BATCH_WAIT_S, batch_size_fn=pixels_of)
    async def look_batch(self, queued: list[Queued[FrameJob]]) -> list[Sighting]:
        """Frames of whichever requests are there."""
        return await self.run_in(self.thread, self.look_at, queued)

    def look_at(self, queued: Sequence[Queued[FrameJob]]) -> list[Sighting]:
        """A batch of frames; its inputs waited until now, when the thread has come to it."""
        with self.metrics.passing("frames", [one.since_s for one in queued]):
            return see_frames(self.models, [one.job for one in queued])

    @serve.batch(max_batch_size=MAX_PIXELS_A_BATCH, batch_wait_timeout_s=BATCH_WAIT_S, batch_size_fn=pixels_of)
    async def people_batch(self, queued: list[Queued[FrameJob]]) -> list[Crowd]:
        """Pictures of whichever requests are there."""
        return await self.run_in(self.thread, self.find_people_at, queued)

    def find_people_at(self, queued: Sequence[Queued[FrameJob]]) -> list[Crowd]:
        """A batch of pictures with people."""
        with self.metrics.passing("people", [one.since_s for one in queued]):
            return find_people(people_finder_of(self.models), [one.job for one in queued])

    @serve.batch(max_batch_size=MAX_IMAGES_A_BATCH, batch_wait_timeout_s=BATCH_WAIT_S)
    async def embed_batch(self, queued: list[Queued[Image | ModelServerError]]) -> list[Vector | FrameError]:
        """Pictures of whichever requests are there."""
        return await self.run_in(self.thread, self.embed, queued)

    def embed(self, queued: Sequence[Queued[Image | ModelServerError]]) -> list[Vector | FrameError]:
        """A batch of pictures."""
        with self.metrics.passing("pictures", [one.since_s for one in queued]):
            return embed_pictures(self.models, [one.job for one in queued])

    async def run_in(
        self,
        pool: ThreadPoolExecutor,
        work: Callable[Arguments, Result],
        *arguments: Arguments.args,
        **named: Arguments.kwargs,
    ) -> Result:
        """Run work in a pool."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(pool, lambda: work(*arguments, **named))

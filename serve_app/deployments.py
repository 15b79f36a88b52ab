"""The deployment that holds the models: batches across requests, one thread of work."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

import cv2
import numpy as np
from ray import serve

from serve_app.config import ServeSettings
from serve_app.contract import FrameError, FrameResult, FramesOptions, ModelInfo, Vector
from serve_app.frames import FrameJob, ImageJob, embed_pictures, look_at_frames
from serve_app.loopback import keep_replica_on_loopback
from serve_app.models.families import FAMILIES

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

MAX_FRAMES_A_BATCH = 8
MAX_IMAGES_A_BATCH = 32
BATCH_WAIT_S = 0.002
# Requests at work in the replica at once: enough that the batches fill while one runs.
MAX_ONGOING_REQUESTS = 4
STOP_TIMEOUT_S = 3.0


@serve.deployment(
    max_ongoing_requests=MAX_ONGOING_REQUESTS,
    graceful_shutdown_timeout_s=STOP_TIMEOUT_S,
    graceful_shutdown_wait_loop_s=0.1,
    ray_actor_options={"num_cpus": 0},
)
class Models:
    """All roles of one family in one replica: one set of weights, one pool of threads, no picture decoded twice.

    Everything heavy runs in one thread of its own, so that the loop stays free and the threads of two forward passes
    never add up.
    """

    def __init__(self, family: str, settings: ServeSettings) -> None:
        keep_replica_on_loopback()
        cv2.setNumThreads(1)
        self.max_pixels = settings.max_picture_pixels
        self.models = FAMILIES[family].load(settings.threads)
        self.thread = ThreadPoolExecutor(1, "models")
        self.warm_up()

    def warm_up(self) -> None:
        """Run each pass once, so that the first request does not pay for it."""
        frame = np.full((1280, 720, 3), 127, np.uint8)
        self.models.find_garments([frame])
        self.models.embed_images([frame])
        if any(row.words for row in self.models.describe()):
            self.models.embed_texts(["a red dress"])

    def describe(self) -> tuple[ModelInfo, ...]:
        """The models of this replica."""
        return self.models.describe()

    async def look(self, frames: Sequence[bytes], options: FramesOptions) -> list[FrameResult]:
        """A result for each JPEG or PNG."""
        jobs = [FrameJob(index, data, options) for index, data in enumerate(frames)]
        return list(await asyncio.gather(*(self.look_batch(job) for job in jobs)))

    async def embed_images(self, jobs: Sequence[ImageJob]) -> list[Vector | FrameError]:
        """A unit vector, or its error, for each picture."""
        return list(await asyncio.gather(*(self.embed_batch(job) for job in jobs)))

    async def embed_texts(self, texts: Sequence[str]) -> list[Vector]:
        """A unit vector for each text; raises `no_text_embedder`."""
        return list(await self.in_thread(self.models.embed_texts, texts))

    @serve.batch(max_batch_size=MAX_FRAMES_A_BATCH, batch_wait_timeout_s=BATCH_WAIT_S)
    async def look_batch(self, jobs: list[FrameJob]) -> list[FrameResult]:
        """Frames of whichever requests are there."""
        return await self.in_thread(look_at_frames, self.models, jobs, self.max_pixels)

    @serve.batch(max_batch_size=MAX_IMAGES_A_BATCH, batch_wait_timeout_s=BATCH_WAIT_S)
    async def embed_batch(self, jobs: list[ImageJob]) -> list[Vector | FrameError]:
        """Pictures of whichever requests are there."""
        return await self.in_thread(embed_pictures, self.models, jobs, self.max_pixels)

    async def in_thread(
        self, work: Callable[Arguments, Result], *arguments: Arguments.args, **named: Arguments.kwargs
    ) -> Result:
        """Run work in the models' thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.thread, lambda: work(*arguments, **named))

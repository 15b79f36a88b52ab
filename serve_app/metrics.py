"""What the models' replica tells of its work; Ray collects it for the dashboard and for Prometheus."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ray.util.metrics import Counter, Gauge, Histogram

from serve_app.contract import ModelInfo

Job = TypeVar("Job")

SECONDS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0]
INPUTS = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0]
TAGS = ("work", "models")
COUNTED_AS = (
    "counted once at the start: a frame as a portrait keyframe of 720x1280 with four boxes and vectors, a picture, for "
    "people too, as such a frame, a text as three words. What runs on ONNX Runtime is not counted."
)


@dataclass(frozen=True)
class Queued(Generic[Job]):
    """A job and since when (monotonic seconds) it waits for a batch."""

    job: Job
    since_s: float = field(default_factory=time.monotonic)


class ModelMetrics:
    """Inputs, sizes of batches, seconds in the queue and in the models, FLOP, and the memory of the device.

    Each is told by the work ("frames", "people", "pictures" or "texts") and the names of the models that do it.
    """

    def __init__(
        self, infos: Sequence[ModelInfo], flops: Mapping[str, int] | None = None, peak_flops: float = 0.0
    ) -> None:
        """flops: of one input of each work; what is missing is not told. peak_flops: a second, of the device; without
        it (0) no utilisation is told.
        """
        finders = sorted({f"{info.name}@{info.version}" for info in infos})
        embedders = [f"{info.name}@{info.version}" for info in infos if info.role == "embedder"]
        self.models = {"frames": "+".join(finders), "pictures": "+".join(embedders), "texts": "+".join(embedders)}
        self.models["people"] = "+".join(f"{info.name}@{info.version}" for info in infos if info.role == "people")
        self.device = next((info.device for info in infos if info.device != "cpu"), "cpu")
        self.inputs = Counter("reelwear_model_inputs", "Inputs that went through the models.", TAGS)
        self.batch = Histogram("reelwear_model_batch_inputs", "Inputs of one batch.", INPUTS, TAGS)
        self.queue = Histogram("reelwear_model_queue_seconds", "How long an input waited for its batch.", SECONDS, TAGS)
        self.spent = Histogram("reelwear_model_pass_seconds", "How long the models took for a batch.", SECONDS, TAGS)
        self.flops = flops or {}
        self.peak_flops = peak_flops
        self.worked = Counter("reelwear_model_flops", f"Floating-point operations of the models, {COUNTED_AS}", TAGS)
        self.utilisation = Gauge(
            "reelwear_model_utilisation",
            "Share (0..1) of the device's peak that the last pass reached; its FLOP were " + COUNTED_AS,
            TAGS,
        )
        self.memory = Gauge("reelwear_model_device_memory_bytes", "Memory that the models hold.", ("device", "state"))

    @contextmanager
    def passing(self, work: str, since_s: Sequence[float]) -> Iterator[None]:
        """Tell of a batch whose inputs wait since some moments; it is under way inside."""
        tags = {"work": work, "models": self.models[work]}
        began = time.monotonic()
        self.inputs.inc(max(len(since_s), 1), tags)
        self.batch.observe(max(len(since_s), 1), tags)
        for one in since_s:
            # Ray's histograms take no zero.
            self.queue.observe(max(began - one, 1e-6), tags)
        try:
            yield
        finally:
            spent_s = max(time.monotonic() - began, 1e-6)
            self.spent.observe(spent_s, tags)
            self.tell_memory()
        # Not of a pass that failed, which may have done less.
        self.tell_work(tags, len(since_s), spent_s)

    def tell_work(self, tags: dict[str, str], n_inputs: int, spent_s: float) -> None:
        """The FLOP of a batch that took some seconds, and what share of the device's peak that is, where it is known.

        Inputs are multiplied by what one was counted to take: a batch of small pictures, of frames without garments, or
        of pictures that cannot be read is told as more work than it was.
        """
        flops = self.flops.get(tags["work"], 0) * n_inputs
        if not flops:
            return
        self.worked.inc(flops, tags)
        if self.peak_flops:
            self.utilisation.set(utilisation_of(flops, spent_s, self.peak_flops), tags)

    def tell_memory(self) -> None:
        """The device's memory in use and at its most, by torch's own count; nothing on a processor."""
        if not self.device.startswith("cuda"):
            return
        import torch

        self.memory.set(torch.cuda.memory_allocated(), {"device": self.device, "state": "in use"})
        self.memory.set(torch.cuda.max_memory_allocated(), {"device": self.device, "state": "most"})


def utilisation_of(flops: int, spent_s: float, peak_flops: float) -> float:
    """FLOP done in some seconds, as a share of those that the device could do, 1 at the most."""
    return min(flops / (spent_s * peak_flops), 1.0)

"""What the models' replica tells of its work; Ray collects it for the dashboard and for Prometheus."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ray.util.metrics import Counter, Gauge, Histogram

from serve_app.contract import ModelInfo

Job = TypeVar("Job")

SECONDS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0]
INPUTS = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0]
TAGS = ("work", "models")


@dataclass(frozen=True)
class Queued(Generic[Job]):
    """A job and since when (monotonic seconds) it waits for a batch."""

    job: Job
    since_s: float = field(default_factory=time.monotonic)


class ModelMetrics:
    """Inputs, sizes of batches, seconds in the queue and in the models, and the memory of the device.

    Each is told by the work ("frames", "pictures" or "texts") and the names of the models that do it.
    """

    def __init__(self, infos: Sequence[ModelInfo]) -> None:
        finders = sorted({f"{info.name}@{info.version}" for info in infos})
        embedders = [f"{info.name}@{info.version}" for info in infos if info.role == "embedder"]
        self.models = {"frames": "+".join(finders), "pictures": "+".join(embedders), "texts": "+".join(embedders)}
        self.device = next((info.device for info in infos if info.device != "cpu"), "cpu")
        self.inputs = Counter("reelwear_model_inputs", "Inputs that went through the models.", TAGS)
        self.batch = Histogram("reelwear_model_batch_inputs", "Inputs of one batch.", INPUTS, TAGS)
        self.queue = Histogram("reelwear_model_queue_seconds", "How long an input waited for its batch.", SECONDS, TAGS)
        self.spent = Histogram("reelwear_model_pass_seconds", "How long the models took for a batch.", SECONDS, TAGS)
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
            self.spent.observe(max(time.monotonic() - began, 1e-6), tags)
            self.tell_memory()

    def tell_memory(self) -> None:
        """The device's memory in use and at its most, by torch's own count; nothing on a processor."""
        if not self.device.startswith("cuda"):
            return
        import torch

        self.memory.set(torch.cuda.memory_allocated(), {"device": self.device, "state": "in use"})
        self.memory.set(torch.cuda.max_memory_allocated(), {"device": self.device, "state": "most"})

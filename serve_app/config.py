"""Settings of the model server, from the environment: `REELWEAR_` and the names below."""

import os
import tempfile
from pathlib import Path
from typing import Literal, Self

from pydantic import ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from serve_app.models.large.folders import models_dir_of

EMBEDDED = "embedded"
# Of two cores, one less for the models would cost half.
MIN_CORES_TO_SHARE = 2


class ServeSettings(BaseSettings):
    """How the model server starts, and what it takes from one request."""

    model_config = SettingsConfigDict(
        ConfigDict(frozen=True, use_attribute_docstrings=True),  # type: ignore[misc]
        env_prefix="REELWEAR_",
        extra="ignore",
    )

    serve_port: int = Field(8400, ge=1, le=65535)
    """Port of the model server, on 127.0.0.1."""
    dashboard_port: int = Field(8265, ge=1, le=65535)
    """Port of the Ray dashboard, on 127.0.0.1."""
    metrics_port: int = Field(0, ge=0, le=65535)
    """Port of this node's figures for Prometheus, on 127.0.0.1; 0 means any that is free. The model server's own port
    answers /metrics with them too."""
    ray_dir: Path = Path(tempfile.gettempdir()) / "reelwear-ray"
    """Folder of Ray's sockets and logs; short, since the path of a socket ends at 107 bytes."""
    detector: str = "embedded"
    """Model that finds garments: "embedded", a name of `reelwear models list`, or a folder."""
    segmenter: str = "embedded"
    """Model that cuts them out: likewise."""
    embedder: str = "embedded"
    """Model that turns pictures and words into vectors: likewise."""
    people: str = ""
    """Model that tells people apart for a large detector: likewise; empty means that nobody is told apart."""
    models_dir: Path = Field(default_factory=lambda: models_dir_of(os.environ))
    """Folder of the large models; by default `reelwear/models` in the user's cache."""
    device: str = "auto"
    """Where large models run: "auto", "cpu", "cuda" or "cuda:1"."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """What large models compute in; "auto" is bfloat16 on a GPU."""
    compile: Literal["off", "on"] = "off"
    """Whether torch compiles a large embedder; the start, and the first batch of each new shape, then take longer."""
    box_threshold: float = Field(0.4, ge=0, le=1)
    """Least chance of a box of Grounding DINO."""
    text_threshold: float = Field(0.3, ge=0, le=1)
    """Least chance of the phrase that names a box of Grounding DINO."""
    detection_threshold: float = Field(0.5, ge=0, le=1)
    """Least chance of a find of YOLOS; of OWLv2 only where it is set, else 0.1."""
    garment_prompt: str = ""
    """What Grounding DINO or OWLv2 looks for, phrases with commas between; empty means a list of garments."""
    model_replicas: int = Field(1, ge=1)
    """Copies of the models that run at once, at the least."""
    max_model_replicas: int = Field(1, ge=1)
    """Copies of the models at the most; more are started while requests wait."""
    target_ongoing_requests: float = Field(2.0, gt=0)
    """Requests at work in one copy of the models from which on another copy is started."""
    gpus_per_replica: float = Field(1.0, ge=0)
    """GPUs of one copy of large models; a fraction lets copies share one."""
    model_threads: int = Field(0, ge=0)
    """Threads over all models of one node; 0 means one a core, of which large models on a processor leave one."""
    device_peak_tflops: float = Field(0, ge=0)
    """What the device of large models could do at most, in 1e12 floating-point operations a second, for the figure of
    its utilisation; 0 means the datasheet of the GPU if it is known here, else no figure."""
    model_server_token: SecretStr = SecretStr("")
    """Bearer token that every request must carry; empty means none."""
    object_store_bytes: int = Field(200 * 1024**2, ge=80 * 1024**2)
    """Size of Ray's object store, which holds the pictures on their way to the models."""
    max_request_parts: int = Field(64, ge=1)
    """Most pictures of one request."""
    max_request_bytes: int = Field(32 * 1024**2, ge=1)
    """Largest body of one request."""
    max_picture_pixels: int = Field(8192 * 4608, ge=1)
    """Largest picture, width times height."""
    max_queued_requests: int = Field(16, ge=1)
    """Requests that wait for the models before further ones are sent away with `overloaded`."""

    @property
    def threads(self) -> int:
        """The threads in force: as set, but never more than the cores this process may use.

        Where nothing is set and large models run on a processor of more than `MIN_CORES_TO_SHARE`, a core is left for
        decoding pictures and for HTTP, which would otherwise wait for passes of many seconds.
        """
        return threads_on(len(os.sched_getaffinity(0)), self)

    @property
    def reader_threads(self) -> int:
        """Threads that decode pictures beside the models: as many as keep a GPU fed, one where the models take the
        cores themselves.
        """
        return self.threads if self.uses_gpu else 1

    @property
    def uses_gpu(self) -> bool:
        """Whether a copy of the models asks for a GPU."""
        return self.has_large_models and self.device != "cpu" and self.gpus_per_replica > 0

    @property
    def has_large_models(self) -> bool:
        """Whether any role is filled by a model that does not ship with the package."""
        return any(name not in ("", EMBEDDED) for name in (self.detector, self.segmenter, self.embedder, self.people))

    @property
    def phrases(self) -> tuple[str, ...]:
        """The phrases of `garment_prompt`."""
        return tuple(part.strip() for part in self.garment_prompt.split(",") if part.strip())

    @classmethod
    def load(cls) -> Self:
        """Read the environment."""
        return cls()


def threads_on(cores: int, settings: ServeSettings) -> int:
    """`ServeSettings.threads` on a processor of so many cores."""
    if settings.model_threads:
        return min(settings.model_threads, cores)
    is_shared = settings.has_large_models and not settings.uses_gpu and cores > MIN_CORES_TO_SHARE
    return cores - 1 if is_shared else cores

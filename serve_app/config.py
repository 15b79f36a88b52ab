"""Settings of the model server, from the environment: `REELWEAR_` and the names below."""

import os
import tempfile
from pathlib import Path
from typing import Self

from pydantic import ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


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
    ray_dir: Path = Path(tempfile.gettempdir()) / "reelwear-ray"
    """Folder of Ray's sockets and logs; short, since the path of a socket ends at 107 bytes."""
    detector: str = "embedded"
    """Family that finds garments."""
    segmenter: str = "embedded"
    """Family that cuts them out."""
    embedder: str = "embedded"
    """Family that turns pictures into vectors."""
    model_threads: int = Field(0, ge=0)
    """Threads over all models of one node; 0 means one a core."""
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
        """The threads in force: as set, but never more than the cores this process may use."""
        cores = len(os.sched_getaffinity(0))
        return min(self.model_threads or cores, cores)

    @classmethod
    def load(cls) -> Self:
        """Read the environment."""
        return cls()

"""All settings, a class a room: `REELWEAR_` in the environment, else the data folder's stack.env, else the default."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from dotenv import dotenv_values
from pydantic import ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from infra.errors import ErrorCode, ReelwearError

ENV_PREFIX = "REELWEAR_"
STACK_ENV_FILE = "stack.env"


class Room(BaseSettings):
    """What the settings of every room share."""

    model_config = SettingsConfigDict(
        ConfigDict(frozen=True, use_attribute_docstrings=True),  # type: ignore[misc]
        env_prefix=ENV_PREFIX,
        extra="ignore",
    )


class StackSettings(Room):
    """The stack of this machine: where it keeps its data and on which loopback ports it listens (0 = any free)."""

    data_dir: Path = Path.home() / ".reelwear"
    """Folder of everything the stack stores: objects, streams, records, vectors, logs, credentials."""
    api_port: int = 8420
    """Port of the HTTP API and the page."""
    s3_port: int = 8333
    """Port of the object store's S3 endpoint; its inner ports are chosen free."""
    nats_port: int = 4222
    """Port of the bus."""
    serve_port: int = 8400
    """Port of the model server."""
    dashboard_port: int = 8265
    """Port of the Ray dashboard."""
    reconcile_every_s: float = 3.0
    """How often the listing of the bucket is held against the records."""
    min_free_bytes: int = 512 * 1024**2
    """Uploads are refused while the data folder's disk has less room than this."""


class ApiSettings(Room):
    """Who may ask the host process."""

    api_token: SecretStr = SecretStr("")
    """Bearer token of the HTTP API; `reelwear up` makes one on its first start."""
    hook_secret: SecretStr = SecretStr("")
    """Secret the object store sends with its events; `reelwear up` makes one on its first start."""
    max_picture_bytes: int = 16 * 1024**2
    """Largest picture to search by."""


class BucketSettings(Room):
    """The object store: any S3-compatible one."""

    s3_url: str = "http://127.0.0.1:8333"
    """Endpoint of the object store; empty means AWS itself."""
    s3_region: str = "us-east-1"
    """Region to sign requests for."""
    s3_bucket: str = "reelwear"
    """Name of the bucket."""
    s3_access_key: str = ""
    """Access key; empty means the usual AWS sources."""
    s3_secret_key: SecretStr = SecretStr("")
    """Secret key; empty means the usual AWS sources."""
    s3_data_dir: Path | None = None
    """Folder of the store's data when it is on this machine; an upload that a full disk refused is then called so."""
    s3_min_free_bytes: int = 0
    """With less room than this on the disk of s3_data_dir the store refuses uploads."""


class BusSettings(Room):
    """The bus and how often work is tried."""

    nats_url: str = "nats://127.0.0.1:4222"
    """Address of NATS JetStream."""
    nats_token: SecretStr = SecretStr("")
    """Token the bus asks for."""
    max_attempts: int = 6
    """Deliveries of one message before it goes to the dead letters."""
    max_outage_attempts: int = 200
    """Deliveries of one message while what it needs is down or the disk is full; with the waits below, some hours."""
    retry_base_s: float = 1.0
    """Wait before the second attempt; doubles with each further one, with jitter."""
    retry_max_s: float = 60.0
    """Longest wait between two attempts."""


class RecordsSettings(Room):
    """The metadata store."""

    records_url: SecretStr = SecretStr("")
    """SQLAlchemy URL; empty means SQLite in the data folder."""


class VectorsSettings(Room):
    """The vector store."""

    qdrant_url: str = ""
    """Address of a Qdrant server; empty means the local store in the data folder."""
    qdrant_api_key: SecretStr = SecretStr("")
    """Key of the Qdrant server."""


class ModelSettings(Room):
    """The model server and which models it runs."""

    model_server_url: str = "http://127.0.0.1:8400"
    """Address of the model server."""
    model_server_token: SecretStr = SecretStr("")
    """Bearer token the model server asks for; empty means none."""
    detector: str = "embedded"
    """Model that finds garments: "embedded", a name of `reelwear models list`, or a folder."""
    segmenter: str = "embedded"
    """Model that cuts them out: likewise."""
    embedder: str = "embedded"
    """Model that turns pictures and words into vectors: likewise."""
    people: str = ""
    """Model that tells people apart for a large detector: likewise; empty means that nobody is told apart."""
    model_threads: int = 0
    """Threads over all models of one node; 0 means one a core."""
    model_timeout_s: float = 60.0
    """Longest wait for one answer of the model server."""


class VideoSettings(Room):
    """Limits on what is decoded, and how shots and keyframes are chosen."""

    max_size_bytes: int = 2 * 1024**3
    """Largest upload."""
    max_duration_s: float = 3600.0
    """Longest video."""
    max_frame_pixels: int = 8192 * 4608
    """Largest frame, width times height."""
    max_streams: int = 32
    """Most streams in one file."""
    max_frames: int = 500_000
    """Most frames decoded of one video."""
    decode_memory_bytes: int = 2 * 1024**3
    """Address space of the decoding child beyond what it starts with."""
    decode_timeout_s: float = 900.0
    """Longest time one video may take to decode."""
    decode_stall_s: float = 20.0
    """Decoding that uses no processor time for this long is ended."""
    max_keyframes: int = 60
    """Most keyframes of one video; they are spread over its length."""
    keyframe_long_side_px: int = 1280
    """Keyframes are stored no larger than this."""


class TaggingSettings(Room):
    """How detections become items."""

    min_detection_score: float = 0.45
    """Detections below this confidence are dropped; for the models that ship it is the chance that one is right."""
    min_item_share: float = 0.002
    """Garments smaller than this share of the frame are dropped."""


class MatchingSettings(Room):
    """Which products of the catalogue an item may be."""

    alternatives: int = Field(5, ge=1, le=50)
    """Products kept for each garment, the best first."""
    prefer_in_stock: bool = False
    """Products that are sold out come after the others that match as well."""


class VibeSettings(Room):
    """How vibes are read."""

    vibes_file: Path | None = None
    """A JSON list of vibes to use instead of the one that ships."""
    min_vibe_confidence: float = 0.2
    """Vibes below this confidence are left out."""


def _with_chosen_ports(stack: StackSettings, env_file: Path | None) -> StackSettings:
    """A port of 0 means any free one: a started stack left in stack.env which one it took."""
    chosen = dotenv_values(env_file) if env_file and env_file.exists() else {}
    asked = [name for name in StackSettings.model_fields if name.endswith("_port") and getattr(stack, name) == 0]
    taken = {name: int(port) for name in asked if (port := chosen.get(f"{ENV_PREFIX}{name.upper()}"))}
    return stack.model_copy(update=taken)


@contextmanager
def _naming_variables() -> Iterator[None]:
    try:
        yield
    except ValidationError as problem:
        faults = [
            f"{ENV_PREFIX}{'.'.join(map(str, fault['loc'])).upper()} is {fault['input']!r}: {fault['msg']}"
            for fault in problem.errors(include_url=False)
        ]
        raise ReelwearError(ErrorCode.BAD_SETTING, "; ".join(faults)) from problem


@dataclass(frozen=True)
class Settings:
    """Every room's settings, read once and handed on."""

    stack: StackSettings = field(default_factory=StackSettings)
    api: ApiSettings = field(default_factory=ApiSettings)
    bucket: BucketSettings = field(default_factory=BucketSettings)
    bus: BusSettings = field(default_factory=BusSettings)
    records: RecordsSettings = field(default_factory=RecordsSettings)
    vectors: VectorsSettings = field(default_factory=VectorsSettings)
    models: ModelSettings = field(default_factory=ModelSettings)
    video: VideoSettings = field(default_factory=VideoSettings)
    tagging: TaggingSettings = field(default_factory=TaggingSettings)
    matching: MatchingSettings = field(default_factory=MatchingSettings)
    vibes: VibeSettings = field(default_factory=VibeSettings)

    @classmethod
    def load(cls, data_dir: Path | None = None) -> Self:
        """Read the environment, and under it the stack.env that a started stack left in its data folder.

        Raises BAD_SETTING, naming each variable that cannot be understood.
        """
        with _naming_variables():
            folder = data_dir or StackSettings().data_dir
            return cls._read(folder, folder / STACK_ENV_FILE)

    @classmethod
    def of_environment(cls, data_dir: Path) -> Self:
        """Read the environment alone: what a stack is to be started with. Raises BAD_SETTING as `load` does."""
        with _naming_variables():
            return cls._read(data_dir, None)

    @classmethod
    def _read(cls, folder: Path, env_file: Path | None) -> Self:
        return cls(
            stack=_with_chosen_ports(StackSettings(_env_file=env_file, data_dir=folder), env_file),
            api=ApiSettings(_env_file=env_file),
            bucket=BucketSettings(_env_file=env_file),
            bus=BusSettings(_env_file=env_file),
            records=RecordsSettings(_env_file=env_file),
            vectors=VectorsSettings(_env_file=env_file),
            models=ModelSettings(_env_file=env_file),
            video=VideoSettings(_env_file=env_file),
            tagging=TaggingSettings(_env_file=env_file),
            matching=MatchingSettings(_env_file=env_file),
            vibes=VibeSettings(_env_file=env_file),
        )

    @property
    def records_url(self) -> str:
        """The SQLAlchemy URL in force."""
        return self.records.records_url.get_secret_value() or f"sqlite:///{self.stack.data_dir / 'records.sqlite'}"

    @property
    def api_url(self) -> str:
        """Where the host process of this machine's stack answers."""
        return f"http://127.0.0.1:{self.stack.api_port}"

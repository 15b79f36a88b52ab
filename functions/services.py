"""What functions work with, opened once a process and handed to each of them."""

import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from functions.pipeline import Pipeline
from functions.vibes.definitions import VibeDefinition, load_vibes
from functions.video.child import DecodeChildren
from infra.bucket import Bucket
from infra.records.store import Records
from infra.settings import Settings
from infra.vectors import Vectors
from serve_app.client import ModelClient


@dataclass(frozen=True)
class Services:
    """Open connections, and what was read from files; every function takes what it needs of it."""

    settings: Settings
    bucket: Bucket
    records: Records
    vectors: Vectors
    models: ModelClient
    decoders: DecodeChildren
    vibes: tuple[VibeDefinition, ...]
    pipeline: Pipeline
    scratch: Path

    def close(self) -> None:
        """End children and give back connections."""
        self.decoders.close()
        self.models.close()
        self.vectors.close()
        self.records.close()


def open_services(settings: Settings, spare_decoders: int = 1) -> Services:
    """Connect to everything that the settings name; the records are brought up to date first."""
    scratch = settings.stack.data_dir / "scratch"
    scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
    records = Records(settings.records_url)
    records.migrate()
    vibes = load_vibes(settings.vibes.vibes_file)
    return Services(
        settings=settings,
        bucket=Bucket(settings.bucket),
        records=records,
        vectors=Vectors(settings.vectors, settings.stack.data_dir / "vectors"),
        models=ModelClient(
            settings.models.model_server_url,
            settings.models.model_server_token.get_secret_value(),
            settings.models.model_timeout_s,
        ),
        decoders=DecodeChildren(settings.video, scratch, spare_decoders),
        vibes=vibes,
        pipeline=Pipeline.of(settings, vibes),
        scratch=scratch,
    )


@cache
def lambda_services() -> Services:
    """The services of a function under Lambda: settings from the environment, files in its scratch space."""
    settings = Settings.load(Path(tempfile.gettempdir()) / "reelwear")
    return open_services(settings, spare_decoders=0)

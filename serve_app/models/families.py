"""The families of models that ship, and the models that a server hosts by its settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from serve_app.config import ServeSettings
from serve_app.errors import ModelServerError
from serve_app.models.embedded import EmbeddedModels
from serve_app.models.garment_parser import GARMENT_PARSER
from serve_app.models.image_text import IMAGE_TEXT
from serve_app.models.large.choice import chosen
from serve_app.models.large.table import EXTRA
from serve_app.models.pictures import Image
from serve_app.models.rows import LoadedModels, ModelRow, Role


@dataclass(frozen=True)
class Family:
    """A family's models and how to load them with a number of threads."""

    name: str
    rows: tuple[ModelRow, ...]
    load: Callable[[int], LoadedModels[Image]]

    @property
    def roles(self) -> frozenset[Role]:
        """What the family can do."""
        return frozenset(role for row in self.rows for role in row.roles)


FAMILIES: Mapping[str, Family] = {
    family.name: family for family in (Family("embedded", (GARMENT_PARSER, IMAGE_TEXT), EmbeddedModels),)
}


def check_choice(settings: ServeSettings) -> None:
    """Raise `bad_setting` for models that are not known, not there, or cannot go together; loads nothing."""
    chosen(settings)


def load_models(settings: ServeSettings) -> LoadedModels[Any]:
    """The models that settings name, as one family; raises `bad_setting` as `check_choice` does."""
    if not settings.has_large_models:
        return EmbeddedModels(settings.threads)
    try:
        from serve_app.models.large.wiring import load_large
    except ImportError as fault:
        raise ModelServerError("bad_setting", f"large models need {fault.name}: {EXTRA}") from fault
    return load_large(settings)

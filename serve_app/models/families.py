"""The model families by name, and which of them a server hosts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from serve_app.errors import ModelServerError
from serve_app.models.embedded import EmbeddedModels
from serve_app.models.garment_parser import GARMENT_PARSER
from serve_app.models.image_text import IMAGE_TEXT
from serve_app.models.rows import ROLES, LoadedModels, ModelRow, Role


@dataclass(frozen=True)
class Family:
    """A family's models and how to load them with a number of threads."""

    name: str
    rows: tuple[ModelRow, ...]
    load: Callable[[int], LoadedModels]

    @property
    def roles(self) -> frozenset[Role]:
        """What the family can do."""
        return frozenset(role for row in self.rows for role in row.roles)


FAMILIES: Mapping[str, Family] = {
    family.name: family for family in (Family("embedded", (GARMENT_PARSER, IMAGE_TEXT), EmbeddedModels),)
}


def choose_family(chosen: Mapping[Role, str]) -> Family:
    """The family that fills every role; raises `bad_setting` for an unknown name or roles that cannot go together.

    A family's models share one thread and read each picture once, so that a server hosts a family whole.
    """
    for role in ROLES:
        name = chosen[role]
        if name not in FAMILIES or role not in FAMILIES[name].roles:
            known = ", ".join(sorted(family.name for family in FAMILIES.values() if role in family.roles))
            raise ModelServerError("bad_setting", f"REELWEAR_{role.upper()} is {name!r}; known families: {known}")
    names = set(chosen.values())
    if len(names) > 1:
        raise ModelServerError("bad_setting", f"detector, segmenter and embedder are of {sorted(names)}; choose one")
    return FAMILIES[names.pop()]

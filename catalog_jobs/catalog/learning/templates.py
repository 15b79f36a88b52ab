"""Captions as data: phrases with names in braces, and which of them a garment can fill."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Final, Self

from catalog_jobs.catalog.tags import FACETS
from infra.errors import ErrorCode, ReelwearError

TEMPLATES_FILE: Final = Path(__file__).with_name("templates.json")
# type: of the taxonomy. kind: the shop's own word for it. The rest is what tags say of how a garment is.
NOT_DESCRIBING: Final = frozenset({"group_id", "style_id", "size"})
NAMES: Final = ("type", "kind", "title", *(name for name in FACETS if name not in NOT_DESCRIBING))
ALWAYS_KNOWN: Final = frozenset({"type"})
RULE: Final = f'write a list of phrases such as "{{color}} {{type}}"; names: {", ".join(NAMES)}'


@dataclass(frozen=True)
class Template:
    """One phrase. names: what it claims of a garment, each once, in its order."""

    phrase: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, phrase: str) -> Self:
        """Raises ValueError for braces that do not close, for names that are none, and for a phrase that says nothing.

        >>> Template.of("{type} in {color}").names
        ('type', 'color')
        """
        fields = [(name, spec, how) for _, name, spec, how in Formatter().parse(phrase) if name is not None]
        unknown = [name for name, spec, how in fields if name not in NAMES or spec or how]
        if unknown or not fields:
            raise ValueError(f"has the name {{{unknown[0]}}}, which is none" if unknown else "has no name in braces")
        return cls(phrase, tuple(dict.fromkeys(name for name, _, _ in fields)))

    def fill(self, facts: Mapping[str, str]) -> str:
        """The phrase of a garment; all names are known of it."""
        return " ".join(self.phrase.format(**facts).split())


def load_templates(file: Path | None = None) -> tuple[Template, ...]:
    """The templates that ship, or those of a JSON file.

    Raises NOT_FOUND and BAD_REQUEST for a file that is not so. One of them must need no more than the type, which is
    always known, so that every garment gets a caption.
    """
    path = file or TEMPLATES_FILE
    try:
        phrases = json.loads(path.read_text("utf-8"))
    except OSError as fault:
        message = f"{path} cannot be read ({fault.strerror}); give the path of a JSON file of templates"
        raise ReelwearError(ErrorCode.NOT_FOUND, message) from fault
    except ValueError as fault:
        raise ReelwearError(ErrorCode.BAD_REQUEST, f"{path} is no JSON in UTF-8 ({fault}); {RULE}") from fault
    if not isinstance(phrases, list) or not phrases or not all(isinstance(one, str) for one in phrases):
        raise ReelwearError(ErrorCode.BAD_REQUEST, f"{path} holds no list of phrases; {RULE}")
    templates = tuple(_template(path, number, phrase) for number, phrase in enumerate(phrases, start=1))
    if not any(ALWAYS_KNOWN.issuperset(one.names) for one in templates):
        message = f"{path} has no phrase that needs {{type}} alone, which some garments are left with; add one"
        raise ReelwearError(ErrorCode.BAD_REQUEST, message)
    return templates


def _template(path: Path, number: int, phrase: str) -> Template:
    try:
        return Template.of(phrase)
    except ValueError as fault:
        raise ReelwearError(ErrorCode.BAD_REQUEST, f"{path}, phrase {number} {fault}; {RULE}") from fault

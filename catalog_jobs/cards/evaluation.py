"""A run of the evaluation, read back from its JSON."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from pydantic import JsonValue, ValidationError

from catalog_jobs.evaluate.document import Document
from catalog_jobs.evaluate.parser import REPORT, Report

PARTS: Final[tuple[str, ...]] = ("parser", "embedder", "matching", "attributes")


@dataclass(frozen=True)
class Evaluation:
    """What was measured; None for a part that the run left out. folder: of the file, where its plots lie too."""

    folder: Path
    parser: Report | None = None
    embedder: Document | None = None
    matching: Document | None = None
    attributes: Document | None = None

    @classmethod
    def load(cls, file: Path) -> Self:
        """The JSON of `evaluate all`, or of one of its parts alone; raises ValueError for any other file."""
        try:
            parts = parts_of(json.loads(file.read_text("utf-8")))
            report = REPORT.validate_python(parts.pop("parser")) if "parser" in parts else None
            documents = {name: Document.model_validate(part) for name, part in parts.items() if part is not None}
            return cls(file.parent, report, **documents)
        except (OSError, ValueError, AttributeError, ValidationError) as error:
            raise ValueError(
                f"{file} is no evaluation; give the JSON that `python -m catalog_jobs.evaluate all --json` printed"
            ) from error


def parts_of(document: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """The parts by name; a document of one command is the part of that name (that of the parser tells no kind)."""
    parts = {name: document[name] for name in PARTS if name in document}
    if parts:
        return parts
    return {str(document.get("kind", "parser")): document}

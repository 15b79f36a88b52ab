"""Files of a model's folder, read with an error that names them where they are not as they should be; no torch."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from serve_app.errors import ModelServerError


def read_object(file: Path) -> dict[str, Any]:
    """A JSON object; raises `bad_setting` where it is missing or none."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise bad_files(file, f"cannot be read ({first_line(fault)})") from fault
    if not isinstance(told, dict):
        raise bad_files(file, f"holds a {type(told).__name__}, not an object")
    return told


def digest_of(files: Iterable[Path]) -> str:
    """The first twelve hex digits of the SHA-256 of files, one after another."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()[:12]


def first_line(fault: Exception) -> str:
    """What a library says, without its advice."""
    return str(fault).strip().partition("\n")[0]


def bad_files(path: Path, what: str) -> ModelServerError:
    """The error for a model's folder or file that is not as it should be."""
    return ModelServerError("bad_setting", f"{path} {what}; fetch the model's files again, or name another folder")

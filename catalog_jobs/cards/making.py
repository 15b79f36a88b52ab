"""How a model's files came to be: the recipe, what the export said, the commit, the files themselves."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serve_app.models.manifest import FileEntry
from serve_app.models.rows import ModelRow

NO_TIME = "not recorded"


@dataclass(frozen=True)
class Making:
    """What is known of a model's making. recipe: the settings of the training. facts: what the export printed, empty
    where that was not kept. trained_on: the machine and the time in words. files: by name, as they lie in `folder`.
    """

    row: ModelRow
    folder: Path
    recipe: Mapping[str, Any]
    facts: Mapping[str, Any]
    commit: str
    trained_on: str
    files: Mapping[str, FileEntry]


def making_of(
    row: ModelRow, folder: Path, recipe: Path, facts: Path | None, commit: str | None, trained_on: str | None
) -> Making:
    """Read it together; commit: HEAD if None. Raises ValueError for what cannot be read."""
    try:
        files = {name: FileEntry.of(folder / name) for name in row.files}
    except OSError as error:
        raise ValueError(f"{error.filename} cannot be read; export the model first, or give --weights") from error
    return Making(
        row=row,
        folder=folder,
        recipe=read_object(recipe, "--recipe"),
        facts={} if facts is None else read_object(facts, "--export"),
        commit=commit or head_commit(),
        trained_on=trained_on or NO_TIME,
        files=files,
    )


def read_object(file: Path, option: str) -> dict[str, Any]:
    """The JSON object in a file; raises ValueError for any other file."""
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{option} {file} cannot be read as JSON: {error}") from error
    if not isinstance(found, dict):
        raise ValueError(f"{option} {file} holds no JSON object; give the file that the training or the export wrote")
    return found


def head_commit() -> str:
    """The commit that is checked out; raises ValueError where there is none."""
    try:
        done = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ValueError("no commit is checked out here; give --commit the one of the code that trained") from error
    return done.stdout.strip()

"""Runs read back from their JSON."""

import json
from pathlib import Path
from typing import Any

import pytest

from catalog_jobs.cards.evaluation import Evaluation


def test_all_parts_are_read(evaluated: Path, evaluation: Evaluation) -> None:
    assert evaluation.folder == evaluated.parent
    assert evaluation.parser is not None
    assert evaluation.parser.images == 8
    assert evaluation.embedder is not None
    assert evaluation.matching is not None
    assert evaluation.attributes is None


@pytest.mark.parametrize("part", ["parser", "embedder", "matching"])
def test_the_document_of_one_command_is_that_part_alone(part: str, document: Any, tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps(document[part]))
    found = Evaluation.load(file)
    assert [name for name in ("parser", "embedder", "matching") if getattr(found, name)] == [part]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"parser": {"miou": 1}}', '{"kind": "other"}'])
def test_another_file_is_refused_with_the_way_out(text: str, tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    file.write_text(text)
    with pytest.raises(ValueError, match="is no evaluation; give the JSON that"):
        Evaluation.load(file)

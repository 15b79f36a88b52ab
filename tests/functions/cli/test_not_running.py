from pathlib import Path
from socket import socket

import pytest

from infra.settings import STACK_ENV_FILE
from tests.functions.cli.conftest import Reelwear


@pytest.fixture(autouse=True)
def _nobody_listens(data_dir: Path) -> None:
    with socket() as asleep:
        asleep.bind(("127.0.0.1", 0))
        (data_dir / STACK_ENV_FILE).write_text(f"REELWEAR_API_PORT={asleep.getsockname()[1]}\n")


@pytest.mark.parametrize(
    "words",
    [["show", "0123"], ["list"], ["rm", "0123"], ["search", "--text", "x"], ["dlq", "list"], ["dlq", "drop", "--all"]],
)
def test_a_stack_that_is_down_ends_with_code_3_and_names_the_way_out(reelwear: Reelwear, words: list[str]) -> None:
    answer = reelwear(*words)
    assert (answer.code, answer.out) == (3, "")
    assert "`reelwear up`" in answer.err
    assert reelwear(*words, "--json").json["error"]["code"] == "not_running"


def test_nothing_is_uploaded_while_the_stack_is_down(reelwear: Reelwear, tmp_path: Path) -> None:
    (tmp_path / "walk.mp4").write_bytes(b"bytes")
    assert reelwear("drop", tmp_path / "walk.mp4", "--json").json["error"]["code"] == "not_running"


def test_vectors_are_rebuilt_without_a_stack(reelwear: Reelwear, data_dir: Path) -> None:
    assert reelwear("vectors", "rebuild", "--json").json["collections"] == []
    assert (data_dir / "records.sqlite").is_file()

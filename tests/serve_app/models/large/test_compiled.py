"""Compiled networks say what they said before, or run as before."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the large models need torch: pip install 'reelwear[models]'")

from torch._dynamo.utils import counters  # noqa: E402
from torch._inductor import config as inductor  # noqa: E402
from torch.nn.functional import cosine_similarity  # noqa: E402

from serve_app.models.large.clip import load_clip  # noqa: E402
from serve_app.models.large.compiled import Compiled, compile_networks  # noqa: E402
from serve_app.models.large.flops import count_flops  # noqa: E402
from tests.serve_app.models.large.tiny_clip import write_clip  # noqa: E402
from tests.serve_app.models.large.tiny_detectors import picture  # noqa: E402

COMPILER = shutil.which(os.environ.get("CXX", "g++"))


@pytest.mark.skipif(COMPILER is None, reason="torch compiles for a processor with g++, which is not here")
@pytest.mark.timeout(300)
# Of torch's own, when it first imports its compiler.
@pytest.mark.filterwarnings("ignore:.torch.jit.script_method. is deprecated:DeprecationWarning")
def test_a_compiled_embedder_gives_the_vectors_of_a_plain_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.set_num_threads(1)
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "cache"))
    write_clip(tmp_path)
    plain, fast = (load_clip(tmp_path, torch.device("cpu")) for _ in range(2))
    networks = compile_networks([fast])
    assert len(networks) == 2
    pictures = [picture(48, 40, seed) for seed in range(3)]
    counters.clear()
    with inductor.patch(compile_threads=1):
        # Counting before the first pass must not keep it from being compiled.
        assert count_flops(lambda: fast.embed_images(pictures)) == count_flops(lambda: plain.embed_images(pictures))
        for count in (2, 3):
            similar = cosine_similarity(fast.embed_images(pictures[:count]), plain.embed_images(pictures[:count]))
            assert similar.min() > 0.9999
    assert all(network.compiled is not None for network in networks)
    assert counters["stats"]["unique_graphs"] == 1
    assert "without being compiled" not in capsys.readouterr().err


def broken_backend(message: str) -> Callable[..., Any]:
    """A compiler that fails."""

    def compile_graph(*_: object) -> Callable[..., Any]:
        raise RuntimeError(message)

    return compile_graph


def test_what_cannot_be_compiled_runs_as_it_was_and_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    twice = Compiled("a network", lambda numbers: numbers * 2, broken_backend("no such processor"))
    for _ in range(2):
        assert twice(torch.tensor([1.0, 2.0])).tolist() == [2.0, 4.0]
    said = capsys.readouterr().err
    assert said.count("a network runs without being compiled") == 1
    assert "no such processor" in said


def test_want_of_memory_is_not_taken_for_that() -> None:
    twice = Compiled("a network", lambda numbers: numbers * 2, broken_backend("CUDA out of memory"))
    with pytest.raises(RuntimeError, match="out of memory"):
        twice(torch.ones(2))
    assert twice.compiled is not None


def test_a_part_of_another_kind_is_left_alone() -> None:
    assert compile_networks([object()]) == []

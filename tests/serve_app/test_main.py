"""The start of the model server: what it refuses before it starts anything."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from serve_app.config import ServeSettings
from serve_app.errors import ModelServerError
from serve_app.main import loading_lines, on_these_gpus, telling_of_a_slow_start

LARGE = {"detector": "grounding-dino-tiny", "segmenter": "sam2.1-tiny"}


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        pytest.param("REELWEAR_RAY_DIR", "/" + "long" * 20, "over the limit of 40", id="folder too long for sockets"),
        pytest.param("REELWEAR_DETECTOR", "crystal-ball", "for this role: embedded, grounding-dino-tiny", id="unknown"),
        pytest.param("REELWEAR_EMBEDDER", "sam2.1-tiny", "for another role (segmenter)", id="another role"),
        pytest.param("REELWEAR_EMBEDDER", "/nowhere", "/nowhere is no folder", id="no folder"),
        pytest.param("REELWEAR_PEOPLE", "rf-detr-seg-small", "reelwear models pull rf-detr-seg-small", id="not here"),
    ],
)
def test_a_bad_setting_ends_the_start_by_name(setting: str, value: str, said: str, short_dir: Path) -> None:
    environment = os.environ | {"REELWEAR_RAY_DIR": str(short_dir), "REELWEAR_MODELS_DIR": "/nowhere", setting: value}
    ended = subprocess.run(
        [sys.executable, "-m", "serve_app.main"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 2
    assert setting in ended.stderr
    assert said in ended.stderr


def test_importing_the_client_loads_neither_ray_nor_onnxruntime() -> None:
    program = "import sys, serve_app.client; sys.exit(bool({'ray', 'torch', 'onnxruntime'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_large_models_without_a_gpu_run_on_the_processor() -> None:
    assert on_these_gpus(ServeSettings(**LARGE), 0).device == "cpu"  # type: ignore[arg-type]
    assert on_these_gpus(ServeSettings(**LARGE), 1).device == "auto"  # type: ignore[arg-type]
    assert on_these_gpus(ServeSettings(), 0) == ServeSettings()


@pytest.mark.parametrize(
    ("named", "n_gpus"),
    [
        pytest.param({"device": "cuda"}, 0, id="a GPU that is not there"),
        pytest.param({"model_replicas": 2}, 1, id="two copies on one"),
    ],
)
def test_copies_that_would_wait_for_a_gpu_forever_are_refused(named: dict[str, object], n_gpus: int) -> None:
    with pytest.raises(ModelServerError, match=f"of which this machine has {n_gpus}"):
        on_these_gpus(ServeSettings(**LARGE, **named), n_gpus)  # type: ignore[arg-type]


def test_copies_that_share_a_gpu_are_not_refused() -> None:
    settings = ServeSettings(**LARGE, model_replicas=2, gpus_per_replica=0.5)  # type: ignore[arg-type]
    assert on_these_gpus(settings, 1) == settings


def test_what_is_loaded_is_said_with_its_size(tmp_path: Path) -> None:
    folder = tmp_path / "my-clip"
    folder.mkdir()
    for name in ("preprocessor_config.json", "tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_text("{}")
    (folder / "config.json").write_text(json.dumps({"model_type": "clip"}))
    header = json.dumps({"one": {"dtype": "U8", "shape": [2_000_000], "data_offsets": [0, 2_000_000]}}).encode()
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(2_000_000))
    assert loading_lines(ServeSettings(embedder=str(folder))) == ["loading my-clip as embedder (2 M parameters)"]
    assert loading_lines(ServeSettings()) == []


def test_a_slow_start_is_told_once_and_a_quick_one_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with telling_of_a_slow_start(tmp_path, after_s=60):
        pass
    assert capsys.readouterr().err == ""
    with telling_of_a_slow_start(tmp_path, after_s=0.01):
        time.sleep(0.2)
    said = capsys.readouterr().err
    assert said.count("still starting after 0.01 s") == 1
    assert f"{tmp_path}/session_latest/logs/serve" in said

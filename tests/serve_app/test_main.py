"""The start of the model server: what it refuses before it starts anything."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


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

"""The server with large models that settings name: tiny random ones of the real classes, through HTTP."""

import base64
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the large models need torch: pip install 'reelwear[models]'")

from serve_app.client import ModelClient  # noqa: E402
from serve_app.contract import FramesOptions, decode_rle  # noqa: E402
from tests.serve_app.conftest import TOKEN, Server, running  # noqa: E402
from tests.serve_app.models.large.tiny_clip import write_clip  # noqa: E402
from tests.serve_app.models.large.tiny_detectors import write_grounding_dino  # noqa: E402
from tests.serve_app.models.large.tiny_segmenters import write_rf_detr, write_sam2  # noqa: E402


@pytest.fixture(scope="module")
def large(short_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Grounding DINO, SAM 2.1, CLIP and RF-DETR behind Serve."""
    root = tmp_path_factory.mktemp("large")
    writers = {"dino": write_grounding_dino, "sam2": write_sam2, "clip": write_clip, "people": write_rf_detr}
    for name, write in writers.items():
        (root / name).mkdir()
        write(root / name)
    settings = {
        "DETECTOR": str(root / "dino"),
        "SEGMENTER": str(root / "sam2"),
        "EMBEDDER": str(root / "clip"),
        "PEOPLE": str(root / "people"),
        "BOX_THRESHOLD": "0",
        "TEXT_THRESHOLD": "0",
        "GARMENT_PROMPT": "shirt, bag",
        "DEVICE_PEAK_TFLOPS": "1",
    }
    with running(short_dir / "large", **settings) as started:
        yield started


def test_frames_come_back_with_what_large_models_say(large: Server, jpeg: bytes) -> None:
    with ModelClient(large.url, TOKEN) as client:
        assert [row.name for row in client.models().models] == ["dino", "sam2", "clip", "people"]
        own = client.frames([jpeg, b"no picture", jpeg])
        assert [frame.error is None for frame in own.frames] == [True, False, True]
        assert {one.label for frame in own.frames for one in frame.detections} == {"shirt", "bag"}
        asked = client.frames([jpeg], FramesOptions(prompt=("dress",), with_masks=False))
        assert {one.label for one in asked.frames[0].detections} == {"dress"}
        dimension = next(row.dimension for row in client.models().models if row.role == "embedder")
        texts = client.embed_texts(["a dress", "a bag"])
        assert (texts.dimension, len(texts.vectors)) == (dimension, 2)


def test_people_come_back_alone_on_white_and_a_bad_picture_fails_alone(large: Server, jpeg: bytes) -> None:
    with ModelClient(large.url, TOKEN) as client:
        answer = client.people([jpeg, b"no picture"])
    seen, bad = answer.frames
    assert [name.partition("@")[0] for name in answer.models.values()] == ["people"]
    assert (seen.width, seen.height, seen.error) == (720, 1280, None)
    assert seen.people
    for person in seen.people:
        ys, xs = np.nonzero(decode_rle(person.mask))
        x0, y0, x1, y1 = (int(side) for side in person.box)
        assert (x0, y0, x1, y1) == (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)
        alone = cv2.imdecode(np.frombuffer(base64.b64decode(person.picture), np.uint8), cv2.IMREAD_COLOR)
        assert alone is not None
        width, height = min(720, x1 + 20) - max(0, x0 - 20), min(1280, y1 + 20) - max(0, y0 - 20)
        assert alone.shape == (height, width, 3)
    assert (bad.index, bad.people) == (1, ())
    assert bad.error is not None and bad.error.code == "bad_image"


def test_the_work_of_the_models_is_told_to_prometheus(large: Server, jpeg: bytes) -> None:
    with ModelClient(large.url, TOKEN) as client:
        client.frames([jpeg])
    assert httpx.get(f"{large.url}/metrics").status_code == 401
    for _ in range(40):
        told = httpx.get(f"{large.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10)
        if "reelwear_model_pass_seconds_count" in told.text:
            break
        # Ray gathers what processes count every few seconds.
        time.sleep(1)
    assert told.status_code == 200
    counted = ("inputs", "batch_inputs", "queue_seconds", "flops", "utilisation")
    for name in (f"reelwear_model_{one}" for one in counted):
        assert f"{name}" in told.text
    assert 'work="frames"' in told.text
    assert "dino@" in told.text

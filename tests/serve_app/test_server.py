"""The model server over HTTP: a real Ray, the real models."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import httpx
import numpy as np
import psutil
import pytest

from serve_app.client import ModelClient
from serve_app.contract import FramesOptions, decode_rle, decode_vector, encode_rle
from serve_app.errors import ModelServerError
from tests.serve_app.conftest import TOKEN, Server

pytestmark = pytest.mark.timeout(300)


def test_it_names_its_models(client: ModelClient) -> None:
    rows = client.models().models
    assert [row.role for row in rows] == ["detector", "segmenter", "embedder"]
    assert {row.licence for row in rows} == {"Apache-2.0"}
    assert [row.dimension for row in rows] == [None, None, 384]
    assert "default" in rows[2].cutoffs
    assert rows[2].words is not None


def test_the_health_check_needs_no_token(server: Server) -> None:
    assert httpx.get(f"{server.url}/-/healthz").status_code == 200


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", "ключ"], ids=["none", "wrong", "longer", "unicode"])
@pytest.mark.parametrize("path", ["/v1/frames", "/v1/people", "/v1/embed/images", "/v1/embed/texts"])
def test_without_the_token_nothing_is_answered(server: Server, token: str, path: str) -> None:
    headers = httpx.Headers({"Authorization": f"Bearer {token}"} if token else {}, encoding="utf-8")
    answer = httpx.post(f"{server.url}{path}", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthorized"
    assert httpx.get(f"{server.url}/v1/models", headers=headers).status_code == 401


def test_there_are_as_many_results_as_frames_and_a_bad_one_fails_alone(client: ModelClient, jpeg: bytes) -> None:
    small = bytes(cv2.imencode(".png", np.zeros((300, 200, 3), np.uint8))[1])
    huge = bytes(cv2.imencode(".png", np.zeros((2000, 2000), np.uint8))[1])
    answer = client.frames([jpeg, b"no picture", small, huge, jpeg])
    assert [frame.index for frame in answer.frames] == [0, 1, 2, 3, 4]
    codes = [frame.error.code if frame.error else None for frame in answer.frames]
    assert codes == [None, "bad_image", None, "too_many_pixels", None]
    assert (answer.frames[2].width, answer.frames[2].height) == (200, 300)
    assert answer.frames[0].detections == answer.frames[4].detections


def test_masks_lie_in_their_boxes_and_vectors_are_unit(client: ModelClient, jpeg: bytes) -> None:
    (frame,) = client.frames([jpeg]).frames
    assert frame.vector is not None
    assert decode_vector(frame.vector).shape == (384,)
    assert frame.detections
    for detection in frame.detections:
        assert detection.mask is not None
        mask = decode_rle(detection.mask)
        ys, xs = np.nonzero(mask)
        assert mask.shape == (1280, 720)
        assert detection.box == (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)
        assert detection.vector is not None


def test_what_is_not_asked_for_is_left_out(client: ModelClient, jpeg: bytes) -> None:
    (frame,) = client.frames([jpeg], FramesOptions(with_masks=False, with_vectors=False)).frames
    assert frame.vector is None
    assert frame.detections
    assert all(detection.mask is None and detection.vector is None for detection in frame.detections)


def test_a_minimum_score_is_kept(client: ModelClient, jpeg: bytes) -> None:
    (frame,) = client.frames([jpeg], FramesOptions(min_score=1.0)).frames
    assert frame.detections == ()


def test_people_are_refused_by_name_where_no_model_is_for_them(client: ModelClient, jpeg: bytes) -> None:
    with pytest.raises(ModelServerError, match="REELWEAR_PEOPLE is empty") as caught:
        client.people([jpeg])
    assert (caught.value.code, caught.value.http_status, caught.value.is_retryable) == ("no_people_finder", 501, False)


def test_the_same_picture_has_the_same_vector_and_a_mask_changes_it(client: ModelClient, jpeg: bytes) -> None:
    mask = np.zeros((1280, 720), np.bool_)
    mask[340:700, 260:460] = True
    answer = client.embed_images([jpeg, jpeg, jpeg, b"x"], [None, None, encode_rle(mask), None])
    first, second, masked, bad = answer.vectors
    assert first is not None
    assert second is not None
    assert masked is not None
    assert decode_vector(first) @ decode_vector(second) == pytest.approx(1, abs=1e-4)
    assert decode_vector(first) @ decode_vector(masked) < 0.99
    assert bad is None
    assert answer.errors[3] is not None
    assert answer.errors[3].code == "bad_image"


def test_a_mask_of_another_size_fails_alone(client: ModelClient, jpeg: bytes) -> None:
    answer = client.embed_images([jpeg, jpeg], [encode_rle(np.ones((10, 10), np.bool_)), None])
    assert answer.errors[0] is not None
    assert "(10, 10)" in answer.errors[0].message
    assert answer.vectors[1] is not None


def test_words_and_pictures_are_embedded_in_one_space(client: ModelClient, jpeg: bytes) -> None:
    answer = client.embed_texts(["a red dress", "a red dress", "jeans"])
    picture = client.embed_images([jpeg])
    assert (answer.model, answer.dimension) == (picture.model, picture.dimension)
    first, second, other = (decode_vector(vector) for vector in answer.vectors if vector is not None)
    assert first.shape == (384,)
    assert first.tobytes() == second.tobytes()
    assert float(first @ other) < 0.99


def test_attributes_are_among_those_that_are_agreed(client: ModelClient, jpeg: bytes) -> None:
    (frame,) = client.frames([jpeg]).frames
    for detection in frame.detections:
        names = [attribute.name for attribute in detection.attributes]
        assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("code", "n_frames", "n_bytes"),
    [
        pytest.param("too_many_parts", 13, 100, id="too many pictures"),
        pytest.param("too_large", 1, 4_000_001, id="too many bytes"),
        pytest.param("bad_request", 0, 0, id="no picture"),
    ],
)
def test_a_request_over_a_limit_is_refused(client: ModelClient, code: str, n_frames: int, n_bytes: int) -> None:
    with pytest.raises(ModelServerError) as caught:
        client.frames([bytes(n_bytes)] * n_frames)
    assert (caught.value.code, caught.value.is_retryable) == (code, False)


def test_options_that_are_not_agreed_are_named(server: Server, jpeg: bytes) -> None:
    answer = httpx.post(
        f"{server.url}/v1/frames",
        headers={"Authorization": f"Bearer {TOKEN}"},
        files={"frames": jpeg},
        data={"options": '{"min_score": 7}'},
    )
    assert answer.status_code == 400
    assert "min_score" in answer.json()["error"]["message"]


def test_a_full_server_says_when_to_come_back(client: ModelClient, jpeg: bytes) -> None:
    def ask(_: int) -> ModelServerError | None:
        try:
            client.frames([jpeg] * 6)
        except ModelServerError as error:
            return error
        return None

    with ThreadPoolExecutor(16) as callers:
        outcomes = list(callers.map(ask, range(16)))
    refused = [error for error in outcomes if error]
    assert 0 < len(refused) < 16
    assert {(error.code, error.is_retryable, error.retry_after_s) for error in refused} == {("overloaded", True, 1.0)}
    assert client.frames([jpeg]).frames[0].error is None


def test_a_server_that_is_not_there_is_unreachable() -> None:
    with ModelClient("http://127.0.0.1:9") as nobody, pytest.raises(ModelServerError) as caught:
        nobody.models()
    assert (caught.value.code, caught.value.is_retryable) == ("unreachable", True)


def test_nothing_listens_beyond_loopback(server: Server, client: ModelClient) -> None:
    client.models()
    root = psutil.Process(server.process.pid)
    sockets = [s for p in [root, *root.children(recursive=True)] for s in p.net_connections("inet")]
    listening = {s.laddr.ip for s in sockets if s.status == psutil.CONN_LISTEN}
    assert listening <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}
    assert len(listening) > 0


def test_no_process_of_the_server_imports_torch(server: Server) -> None:
    root = psutil.Process(server.process.pid)
    replicas = [p for p in root.children(recursive=True) if "ServeReplica" in p.name() or "ray::" in p.name()]
    assert replicas
    for replica in replicas:
        assert "libtorch" not in Path(f"/proc/{replica.pid}/maps").read_text()

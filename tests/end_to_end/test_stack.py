"""The stack itself: where it listens, what survives, what a killed part costs."""

import ipaddress
import json
import os
from pathlib import Path

import httpx
import psutil
import pytest

from infra.vectors import Vectors
from tests.end_to_end.running import Stack, connect, wait_for
from tests.media import clip

PARTS = ("seaweedfs", "nats", "models", "host")


def family(pid: int) -> list[psutil.Process]:
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def is_loopback(address: str) -> bool:
    ip = ipaddress.ip_address(address)
    return (getattr(ip, "ipv4_mapped", None) or ip).is_loopback


def test_nothing_listens_beyond_loopback(stack: Stack) -> None:
    state = json.loads((stack.data_dir / "state.json").read_text())
    addresses = {
        (process.name(), connection.laddr.ip, connection.laddr.port)
        for process in family(state["process"]["pid"])
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert len(addresses) > len(PARTS)
    assert [address for address in addresses if not is_loopback(address[1])] == []


def test_secrets_are_readable_by_their_owner_alone(stack: Stack) -> None:
    for name in ("stack.env", "credentials.json", "ray.token"):
        assert (stack.data_dir / name).stat().st_mode & 0o077 == 0, name
    status = stack.reelwear("config", "--json").stdout
    assert stack.settings.api.api_token.get_secret_value() not in status


def test_ray_answers_nobody_without_its_token(stack: Stack) -> None:
    dashboard = f"http://127.0.0.1:{stack.settings.stack.dashboard_port}/api/jobs/"
    token = (stack.data_dir / "ray.token").read_text()
    assert httpx.get(dashboard).status_code in (401, 403)
    assert httpx.get(dashboard, headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_status_says_what_each_part_took(stack: Stack) -> None:
    status = json.loads(stack.reelwear("status", "--json").stdout)
    assert {part["name"] for part in status["parts"]} == set(PARTS)
    assert all(part["took_s"] > 0 for part in status["parts"])


@pytest.mark.parametrize("part", PARTS)
def test_a_part_killed_during_a_run_costs_nothing_but_time(stack: Stack, tmp_path: Path, part: str) -> None:
    stack.wait_ready()
    number = PARTS.index(part)
    name = f"killed-{part}.mp4"
    uploads = [
        stack.put(f"{index}-{name}", clip(tmp_path / f"{index}.mp4", [300 + 10 * number + index, 500 + index]))
        for index in range(4)
    ]
    stack.kill(part)
    documents = [stack.settle(*upload) for upload in uploads]
    assert [document["state"] for document in documents] == ["ready"] * 4
    stack.wait_ready()
    for document in documents:
        assert len(document["keyframes"]) == 2
        listed = [info.key for info in stack.bucket.list(f"keyframes/{document['video_id']}/")]
        assert sorted(listed) == [keyframe["url"] for keyframe in document["keyframes"]]
    videos = stack.api.get("/v1/videos", params={"limit": 500}).json()["videos"]
    keys = [video["source"]["key"] for video in videos if video["source"]["key"].endswith(name)]
    assert sorted(keys) == sorted(key for key, _ in uploads)


def test_an_upload_made_while_nobody_watches_is_found(stack: Stack, tmp_path: Path) -> None:
    os.kill(stack.part_pid("host"), 9)
    key, etag = stack.put("unwatched.mp4", clip(tmp_path / "unwatched.mp4", [401]))
    assert stack.settle(key, etag)["state"] == "ready"


def test_state_survives_down_and_up(stack: Stack, tmp_path: Path) -> None:
    stack.wait_ready()
    before = stack.settle(*stack.put("kept.mp4", clip(tmp_path / "kept.mp4", [411, 412])))
    videos = stack.api.get("/v1/videos", params={"limit": 500}).json()["videos"]
    assert stack.reelwear("down").returncode == 0
    vectors = Vectors(stack.settings.vectors, stack.data_dir / "vectors")
    assert vectors.count("items") == sum(len(video["products"]) for video in videos)
    assert vectors.count("videos") == sum(bool(video["keyframes"]) for video in videos)
    vectors.close()
    assert stack.reelwear("status", check=False).returncode == 3
    done = stack.reelwear("up", "--detach")
    assert done.returncode == 0, done.stderr
    again = connect(stack.data_dir)
    assert again.settings.stack.api_port == stack.settings.stack.api_port
    assert wait_for(lambda: again.document(before["video_id"]) == before)
    after = again.settle(*again.put("after.mp4", clip(tmp_path / "after.mp4", [413])))
    assert after["state"] == "ready"
    again.api.close()

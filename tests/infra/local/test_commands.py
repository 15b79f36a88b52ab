"""The command line over a stack, as it is typed: exit codes, the one document of --json, and errors by name."""

import json
import os
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from infra.local.configuration import MASK, settings_report
from infra.local.doctor import (
    Verdict,
    check_binaries,
    check_clock,
    check_disk,
    check_loopback,
    check_packages,
    check_ports,
    check_python,
    check_secrets,
    check_shared_memory,
)
from infra.local.logs import LOGS_FOLDER, open_log
from infra.local.plan import StackPlan
from infra.local.processes import Listening
from infra.local.words import bytes_text, duration_text
from infra.settings import StackSettings

pytestmark = pytest.mark.timeout(60)

ROOT = Path(__file__).resolve().parents[3]
FREE_PORTS = {f"REELWEAR_{name}_PORT": "0" for name in ("S3", "NATS", "SERVE", "DASHBOARD", "API")}


def reelwear(*words: str, data: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    """The command in a process of its own, without the REELWEAR_ variables of this one."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("REELWEAR_")}
    return subprocess.run(
        [sys.executable, "-m", "infra.local.cli", *words, "--data", str(data)],
        cwd=ROOT,
        env={**inherited, **FREE_PORTS, **env},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


@pytest.fixture
def quiet_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in [name for name in os.environ if name.startswith("REELWEAR_")]:
        monkeypatch.delenv(name)
    return monkeypatch


def test_status_of_a_folder_that_never_ran_exits_with_3_and_one_document(tmp_path: Path) -> None:
    answer = reelwear("status", "--json", data=tmp_path / "none")
    document: dict[str, Any] = json.loads(answer.stdout)
    assert answer.returncode == 3
    assert (document["state"], document["is_running"], document["parts"]) == ("stopped", False, [])
    assert "reelwear up" in document["error"]
    assert not (tmp_path / "none").exists()


def test_down_where_nothing_runs_is_no_error(tmp_path: Path) -> None:
    answer = reelwear("down", data=tmp_path)
    assert (answer.returncode, answer.stdout.strip()) == (0, f"nothing runs in {tmp_path}")


def test_up_on_a_taken_port_names_it_and_leaves_nothing_running(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        answer = reelwear("up", "--detach", data=tmp_path, REELWEAR_S3_PORT=str(port))
    assert answer.returncode == 1
    assert f"port {port} is taken by" in answer.stderr
    assert "set REELWEAR_S3_PORT to another port, or to 0" in answer.stderr
    status = reelwear("status", "--json", data=tmp_path)
    assert status.returncode == 3
    assert json.loads(status.stdout)["state"] == "failed"


def test_up_without_room_on_the_disk_is_refused(tmp_path: Path) -> None:
    answer = reelwear("up", "--detach", data=tmp_path / "full", REELWEAR_MIN_FREE_BYTES=str(2**60))
    assert answer.returncode == 1
    assert f"under the least of {2**60}; make room" in answer.stderr


def test_a_wrong_setting_is_a_usage_error_that_names_it(tmp_path: Path) -> None:
    answer = reelwear("status", data=tmp_path, REELWEAR_API_PORT="many")
    assert answer.returncode == 2
    assert "REELWEAR_API_PORT is 'many'" in answer.stderr


def test_logs_of_one_part_are_plain_and_of_all_carry_their_name(tmp_path: Path) -> None:
    for name, text in {"nats": b"one\ntwo\n", "host": b"three\n"}.items():
        with open_log(tmp_path / LOGS_FOLDER, name) as log:
            log.write(text)
    assert reelwear("logs", "nats", "--lines", "1", data=tmp_path).stdout == "two\n"
    assert reelwear("logs", data=tmp_path).stdout == "host | three\nnats | one\nnats | two\n"
    unknown = reelwear("logs", "weed", data=tmp_path)
    assert unknown.returncode == 4
    assert "there are: host, nats" in unknown.stderr


def test_logs_can_be_followed(tmp_path: Path) -> None:
    with open_log(tmp_path / LOGS_FOLDER, "nats") as log:
        log.write(b"old\n")
        follower = subprocess.Popen(
            [sys.executable, "-u", "-m", "infra.local.cli", "logs", "nats", "-f", "--data", str(tmp_path)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert follower.stdout is not None
        with follower.stdout:
            assert follower.stdout.readline() == "old\n"
            for number in range(20):
                log.write(f"new {number}\n".encode())
                time.sleep(0.05)
            follower.terminate()
            followed = follower.stdout.read().splitlines()
        follower.wait()
    # The first lines may have come before it looked, the last ones after it was ended; between them none is left out.
    written = [f"new {number}" for number in range(20)]
    assert followed
    assert followed == written[written.index(followed[0]) :][: len(followed)]


def test_config_tells_where_each_setting_came_from_and_masks_secrets(
    tmp_path: Path, quiet_environment: pytest.MonkeyPatch
) -> None:
    for name, value in FREE_PORTS.items():
        quiet_environment.setenv(name, value)
    plan = StackPlan.resolve(tmp_path)
    quiet_environment.setenv("REELWEAR_S3_BUCKET", "mine")
    report = {setting.name: setting for setting in settings_report(tmp_path).settings}
    assert (report["REELWEAR_S3_BUCKET"].value, report["REELWEAR_S3_BUCKET"].source) == ("mine", "environment")
    assert report["REELWEAR_API_PORT"].value == plan.ports["api"]
    assert report["REELWEAR_API_PORT"].source == "stack.env"
    assert report["REELWEAR_MAX_DURATION_S"].source == "default"
    assert report["REELWEAR_DATA_DIR"].source == "--data"
    assert report["REELWEAR_API_TOKEN"].value == MASK
    assert report["REELWEAR_QDRANT_API_KEY"].value == ""
    assert all(setting.meaning for setting in report.values())


def test_config_as_json_is_one_document_without_secrets(tmp_path: Path) -> None:
    answer = reelwear("config", "--json", data=tmp_path, REELWEAR_API_TOKEN="very secret")
    names = [setting["name"] for setting in json.loads(answer.stdout)["settings"]]
    assert len(names) == len(set(names)) > 30
    assert "very secret" not in answer.stdout


def test_packages_and_programs_are_really_tried(tmp_path: Path) -> None:
    good, absent = check_packages(["json", "no_such_package"])
    assert (good.verdict, absent.verdict) == (Verdict.OK, Verdict.ERROR)
    assert "pip install" in absent.remedy
    found, unknown, broken = check_binaries({"nats-server": ("--version",), "no-such-program": (), "false": ()})
    assert (found.verdict, unknown.verdict, broken.verdict) == (Verdict.OK, Verdict.ERROR, Verdict.ERROR)
    assert found.found[0].isdigit()
    assert check_python((3, 10)).verdict is Verdict.ERROR
    assert check_shared_memory(tmp_path / "absent").verdict is Verdict.OK


def test_room_and_clock_are_checked(tmp_path: Path) -> None:
    assert check_disk(tmp_path / "not" / "yet", 1).verdict is Verdict.OK
    assert check_disk(tmp_path, 2**60).verdict is Verdict.ERROR
    now_s = Path(__file__).stat().st_mtime
    (tmp_path / "state.json").touch()
    assert check_clock(tmp_path, now_s + 10**6).verdict is Verdict.OK
    assert check_clock(tmp_path, now_s - 10**6).verdict is Verdict.WARNING


def test_a_port_of_our_own_is_well_and_one_of_a_stranger_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        stack = StackSettings(s3_port=port, nats_port=0, serve_port=0, dashboard_port=0, api_port=0)
        stranger = next(iter(check_ports(stack, [], {})))
        ours = next(iter(check_ports(stack, [Listening(1, "weed", "127.0.0.1", port)], {})))
    assert (stranger.verdict, ours.verdict) == (Verdict.ERROR, Verdict.OK)
    assert str(port) in stranger.found
    assert "REELWEAR_S3_PORT" in stranger.remedy


@pytest.mark.parametrize(
    ("address", "verdict"),
    [
        ("127.0.0.1", Verdict.OK),
        ("::1", Verdict.OK),
        ("::ffff:127.0.0.1", Verdict.OK),
        ("::ffff:10.0.0.1", Verdict.ERROR),
        ("0.0.0.0", Verdict.ERROR),
        ("::", Verdict.ERROR),
    ],
)
def test_a_socket_beyond_loopback_is_an_error(address: str, verdict: Verdict) -> None:
    check = check_loopback([Listening(7, "weed", address, 8333)], is_running=True)
    assert check.verdict is verdict


def test_a_readable_secret_is_an_error_with_its_chmod(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    path = tmp_path / "stack.env"
    path.touch(mode=0o644)
    path.chmod(0o644)
    checks = {check.name: check for check in check_secrets(tmp_path)}
    assert checks["mode of stack.env"].remedy == f"chmod 600 {path}"
    assert checks[f"mode of {tmp_path.name}"].verdict is Verdict.OK
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


@pytest.mark.parametrize(
    ("duration_s", "words"),
    [(None, ""), (0.4, "0 s"), (59, "59 s"), (60, "1 min"), (3725, "1 h 2 min"), (90000, "1 d 1 h")],
)
def test_durations_are_said_in_their_two_largest_units(duration_s: float | None, words: str) -> None:
    assert duration_text(duration_s) == words


def test_sizes_are_said_in_steps_of_1024() -> None:
    assert [bytes_text(size) for size in (None, 12, 2048, 3 * 1024**2, 3 * 512 * 1024**2)] == [
        "",
        "12 B",
        "2 KiB",
        "3 MiB",
        "1.5 GiB",
    ]

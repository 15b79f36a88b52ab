"""What `up` is about to start: ports, credentials, and the env file that everybody else reads."""

import random
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from infra.errors import ErrorCode, ReelwearError
from infra.local.credentials import Credentials
from infra.local.plan import LONGEST_RAY_DIR_BYTES, StackPlan, check_room, env_lines, known_ports, resolve_ports
from infra.local.ports import CHOSEN_PORTS, choose_port, holder_of
from infra.settings import Settings, StackSettings

INNER = ("master", "volume")
PORT_VARIABLES = tuple(f"REELWEAR_{name}_PORT" for name in ("S3", "NATS", "SERVE", "DASHBOARD", "API"))


@pytest.fixture(autouse=True)
def any_free_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PORT_VARIABLES:
        monkeypatch.setenv(name, "0")


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def all_free() -> StackSettings:
    return StackSettings(api_port=0, s3_port=0, nats_port=0, serve_port=0, dashboard_port=0)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_ports_of_zero_become_free_ones_and_stay_over_a_restart(tmp_path: Path) -> None:
    first = StackPlan.resolve(tmp_path, INNER)
    again = StackPlan.resolve(tmp_path, INNER)
    assert set(first.ports) == {"s3", "nats", "serve", "dashboard", "api", *INNER}
    assert len(set(first.ports.values())) == len(first.ports)
    assert all(port in CHOSEN_PORTS for port in first.ports.values())
    assert again.ports == first.ports == known_ports(tmp_path)


def test_a_chosen_port_that_somebody_took_meanwhile_is_chosen_anew(taken_port: int) -> None:
    ports = resolve_ports(all_free(), {"api": taken_port, "s3": 20001}, (), random.Random(1))
    assert ports["api"] != taken_port
    assert ports["s3"] == 20001


def test_a_taken_port_is_named_with_its_setting_and_its_holder(taken_port: int) -> None:
    stack = all_free().model_copy(update={"nats_port": taken_port})
    with pytest.raises(ReelwearError) as refusal:
        resolve_ports(stack, {}, (), random.Random(1))
    assert refusal.value.code is ErrorCode.PORT_TAKEN
    assert refusal.value.message == (
        f"port {taken_port} is taken by {holder_of(taken_port)}; "
        "set REELWEAR_NATS_PORT to another port, or to 0 for any free one"
    )
    assert "(pid " in holder_of(taken_port)


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_out_of_range_is_refused_by_name(port: int) -> None:
    with pytest.raises(ReelwearError, match=f"REELWEAR_API_PORT is {port}; give a port from 1 to 65535, or 0"):
        resolve_ports(all_free().model_copy(update={"api_port": port}), {}, (), random.Random(1))


def test_one_port_for_two_settings_is_refused_by_both_names() -> None:
    port = choose_port((), random.Random(2))
    stack = all_free().model_copy(update={"s3_port": port, "api_port": port})
    with pytest.raises(ReelwearError, match="REELWEAR_S3_PORT and REELWEAR_API_PORT"):
        resolve_ports(stack, {}, (), random.Random(1))


def test_clients_read_the_stack_from_its_env_file(tmp_path: Path) -> None:
    plan = StackPlan.resolve(tmp_path)
    settings = Settings.load(tmp_path)
    assert settings.api_url == plan.url("api")
    assert settings.bucket.s3_url == plan.url("s3")
    assert settings.bus.nats_url == f"nats://127.0.0.1:{plan.ports['nats']}"
    assert settings.models.model_server_url == plan.url("serve")
    assert settings.stack.dashboard_port == plan.ports["dashboard"]
    kept = Credentials.of(tmp_path)
    assert settings.bucket.s3_access_key == kept.s3_access_key
    assert settings.bucket.s3_secret_key.get_secret_value() == kept.s3_secret_key
    assert settings.bus.nats_token.get_secret_value() == kept.nats_token
    assert settings.api.api_token.get_secret_value() == kept.api_token
    assert settings.api.hook_secret.get_secret_value() == kept.hook_secret
    assert settings.models.model_server_token.get_secret_value() == kept.model_server_token


def test_the_environment_beats_the_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    StackPlan.resolve(tmp_path)
    monkeypatch.setenv("REELWEAR_API_TOKEN", "mine")
    assert Settings.load(tmp_path).api.api_token.get_secret_value() == "mine"
    assert StackPlan.resolve(tmp_path).credentials.api_token == "mine"
    assert Credentials.of(tmp_path).api_token != "mine"


def test_what_the_environment_set_for_up_holds_for_later_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REELWEAR_S3_BUCKET", "my reels'")
    monkeypatch.setenv("REELWEAR_QDRANT_API_KEY", "not for the disk")
    StackPlan.resolve(tmp_path)
    monkeypatch.delenv("REELWEAR_S3_BUCKET")
    assert Settings.load(tmp_path).bucket.s3_bucket == "my reels'"
    assert "not for the disk" not in (tmp_path / "stack.env").read_text()


def test_a_store_that_the_environment_names_is_not_started_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = StackPlan.resolve(tmp_path)
    assert not any([own.has_foreign_store, own.has_foreign_bus, own.has_foreign_models])
    monkeypatch.setenv("REELWEAR_S3_URL", "https://s3.example")
    monkeypatch.setenv("REELWEAR_NATS_URL", own.environment["REELWEAR_NATS_URL"])
    plan = StackPlan.resolve(tmp_path)
    assert plan.has_foreign_store
    assert not plan.has_foreign_bus
    assert plan.environment["REELWEAR_S3_URL"] == "https://s3.example"


def test_everything_with_a_secret_is_closed_to_others(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    StackPlan.resolve(folder)
    assert mode_of(folder) == 0o700
    assert {path.name: mode_of(path) for path in folder.iterdir()} == {
        "credentials.json": 0o600,
        "stack.env": 0o600,
        "stack.json": 0o600,
    }


def test_credentials_are_made_once_and_kept(tmp_path: Path) -> None:
    first = Credentials.of(tmp_path)
    (tmp_path / "credentials.json").chmod(0o644)
    assert Credentials.of(tmp_path) == first
    assert mode_of(tmp_path / "credentials.json") == 0o600
    assert len(set(first.model_dump().values())) == len(Credentials.model_fields)
    assert first.api_token not in repr(first)


def test_a_credential_that_an_older_file_lacks_is_made_and_kept(tmp_path: Path) -> None:
    (tmp_path / "credentials.json").write_text('{"api_token": "old"}')
    first = Credentials.of(tmp_path)
    assert first.api_token == "old"
    assert Credentials.of(tmp_path) == first


def test_credentials_that_cannot_be_read_are_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "credentials.json").write_text('{"api_token": ')
    with pytest.raises(ReelwearError, match=r"credentials\.json holds no credentials"):
        Credentials.of(tmp_path)
    assert (tmp_path / "credentials.json").read_text() == '{"api_token": '


def test_a_setting_that_cannot_be_understood_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELWEAR_API_PORT", "many")
    with pytest.raises(ReelwearError, match="REELWEAR_API_PORT is 'many'") as refusal:
        StackPlan.resolve(tmp_path)
    assert refusal.value.code is ErrorCode.BAD_SETTING


def test_a_disk_without_room_is_refused_with_the_way_out(tmp_path: Path) -> None:
    check_room(tmp_path, 1)
    with pytest.raises(ReelwearError, match="under the least of 1152921504606846976; make room") as refusal:
        check_room(tmp_path, 2**60)
    assert refusal.value.code is ErrorCode.DISK_FULL


def test_ray_gets_a_folder_short_enough_for_its_sockets(tmp_path: Path) -> None:
    long_one = tmp_path / ("x" * LONGEST_RAY_DIR_BYTES)
    first, other = StackPlan.resolve(long_one).ray_dir, StackPlan.resolve(long_one / "other").ray_dir
    assert len(str(first)) <= LONGEST_RAY_DIR_BYTES
    assert first != other


@given(
    st.dictionaries(
        st.from_regex(r"REELWEAR_[A-Z]{1,8}", fullmatch=True), st.text(st.characters(exclude_categories=["C"]))
    )
)
def test_env_lines_are_read_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, values: dict[str, str]) -> None:
    path = tmp_path_factory.getbasetemp() / "some.env"
    path.write_text(env_lines(values), encoding="utf-8")
    assert dotenv_values(path, interpolate=False) == values

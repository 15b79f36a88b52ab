"""What `up` is about to start: ports and credentials, written down for whoever speaks to the stack later."""

import hashlib
import json
import os
import random
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

from pydantic import SecretStr

from infra.errors import ErrorCode, ReelwearError
from infra.local.credentials import Credentials
from infra.local.files import private_folder, write_private
from infra.local.ports import LOOPBACK, choose_port, holder_of, is_free
from infra.settings import ENV_PREFIX, STACK_ENV_FILE, Room, Settings, StackSettings

PLAN_FILE = "stack.json"
SETTING_PORTS = ("s3", "nats", "serve", "dashboard", "api")
HIGHEST_PORT = 65535
# A socket's path may have 107 bytes (unix(7)); Ray adds "/session_<date>_<pid>/sockets/plasma_store", some 65 of them.
LONGEST_RAY_DIR_BYTES = 40


@dataclass(frozen=True)
class StackPlan:
    """The stack of one data folder: `settings` of the environment, `ports` by name (as their settings, or inner)."""

    data_dir: Path
    settings: Settings
    ports: Mapping[str, int]
    credentials: Credentials

    @classmethod
    def resolve(cls, data_dir: Path, inner_ports: Sequence[str] = (), chance: random.Random | None = None) -> Self:
        """Read the environment, choose ports for settings of 0 and for `inner_ports`, write it down.

        A chosen port is kept for the next start of the folder while it is free. Raises PORT_TAKEN (naming the port, its
        setting and its holder) and BAD_SETTING.
        """
        folder = private_folder(data_dir)
        settings = Settings.of_environment(folder)
        known = known_ports(folder)
        ports = resolve_ports(settings.stack, known, inner_ports, chance or random.SystemRandom())
        plan = cls(folder, settings, ports, _chosen_credentials(settings, Credentials.of(folder)))
        write_private(folder / PLAN_FILE, json.dumps({"ports": dict(ports)}, indent=2) + "\n")
        write_private(folder / STACK_ENV_FILE, env_lines(plan.environment))
        return plan

    @property
    def environment(self) -> dict[str, str]:
        """The `REELWEAR_` variables under which clients find this stack, with what the environment set explicitly."""
        keys = self.credentials
        own = {f"{name}_port": str(self.ports[name]) for name in SETTING_PORTS} | {
            "s3_url": self.settings.bucket.s3_url if self.has_foreign_store else self.url("s3"),
            "s3_access_key": keys.s3_access_key,
            "s3_secret_key": keys.s3_secret_key,
            "s3_data_dir": "" if self.has_foreign_store else str(self.data_dir / "objects" / "data"),
            "s3_min_free_bytes": str(self.settings.stack.min_free_bytes),
            "nats_url": self.settings.bus.nats_url if self.has_foreign_bus else self.url("nats", "nats"),
            "nats_token": keys.nats_token,
            "api_token": keys.api_token,
            "hook_secret": keys.hook_secret,
            "model_server_url": self.settings.models.model_server_url if self.has_foreign_models else self.url("serve"),
            "model_server_token": keys.model_server_token,
        }
        given = {name: value for room in _rooms(self.settings) for name, value in _explicit(room).items()}
        return {f"{ENV_PREFIX}{name.upper()}": value for name, value in sorted({**given, **own}.items())}

    def url(self, port: str, scheme: str = "http") -> str:
        """Where the part with this port answers."""
        return f"{scheme}://{LOOPBACK}:{self.ports[port]}"

    @property
    def has_foreign_store(self) -> bool:
        """Whether the environment names an object store of its own, so that none is started."""
        bucket = self.settings.bucket
        return "s3_url" in bucket.model_fields_set and bucket.s3_url != self.url("s3")

    @property
    def has_foreign_bus(self) -> bool:
        """Whether the environment names a bus of its own, so that none is started."""
        bus = self.settings.bus
        return "nats_url" in bus.model_fields_set and bus.nats_url != self.url("nats", "nats")

    @property
    def has_foreign_models(self) -> bool:
        """Whether the environment names a model server of its own, so that none is started."""
        models = self.settings.models
        return "model_server_url" in models.model_fields_set and models.model_server_url != self.url("serve")

    @property
    def ray_dir(self) -> Path:
        """Where Ray keeps its session: in the data folder, or in a temporary one if that is too long for sockets."""
        inside = self.data_dir / "ray"
        if len(os.fsencode(inside)) <= LONGEST_RAY_DIR_BYTES:
            return inside
        name = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:10]
        return Path(tempfile.gettempdir()) / f"reelwear-{os.getuid()}-{name}"


def known_ports(data_dir: Path) -> dict[str, int]:
    """The ports of the folder's latest start, by name; empty before the first."""
    try:
        ports = json.loads((data_dir / PLAN_FILE).read_text(encoding="utf-8"))["ports"]
        return {str(name): int(port) for name, port in ports.items()}
    except (FileNotFoundError, ValueError, KeyError, AttributeError, TypeError):
        return {}


def resolve_ports(
    stack: StackSettings, known: Mapping[str, int], inner_ports: Sequence[str], chance: random.Random
) -> dict[str, int]:
    """A port for every name: the setting's own; for 0 and inner ones the known one if free, else any free one.

    Raises PORT_TAKEN when a setting's own port is held by somebody, BAD_SETTING when it is no port or given twice.
    """
    resolved: dict[str, int] = {}
    for name in SETTING_PORTS:
        port = getattr(stack, f"{name}_port")
        setting = f"{ENV_PREFIX}{name.upper()}_PORT"
        if not 0 <= port <= HIGHEST_PORT:
            raise ReelwearError(
                ErrorCode.BAD_SETTING, f"{setting} is {port}; give a port from 1 to {HIGHEST_PORT}, or 0"
            )
        if port and port in resolved.values():
            twin = next(other for other, taken in resolved.items() if taken == port)
            raise ReelwearError(
                ErrorCode.BAD_SETTING,
                f"port {port} is given to {ENV_PREFIX}{twin.upper()}_PORT and {setting}; give each its own, or 0",
            )
        if port and not is_free(port):
            held_by = f" by {holder}" if (holder := holder_of(port)) else ""
            raise ReelwearError(
                ErrorCode.PORT_TAKEN,
                f"port {port} is taken{held_by}; set {setting} to another port, or to 0 for any free one",
            )
        if port:
            resolved[name] = port
    for name in (*SETTING_PORTS, *inner_ports):
        if name not in resolved:
            port = known.get(name, 0)
            is_usable = port and port not in resolved.values() and is_free(port)
            resolved[name] = port if is_usable else choose_port(set(resolved.values()), chance)
    return resolved


def check_room(folder: Path, min_free_bytes: int) -> None:
    """Raises DISK_FULL when the folder's disk has less room than `min_free_bytes`."""
    room = os.statvfs(folder)
    free_bytes = room.f_bavail * room.f_frsize
    if free_bytes < min_free_bytes:
        raise ReelwearError(
            ErrorCode.DISK_FULL,
            f"{folder} has {free_bytes} bytes free, under the least of {min_free_bytes}; "
            f"make room, use another --data, or lower {ENV_PREFIX}MIN_FREE_BYTES",
        )


def env_lines(environment: Mapping[str, str]) -> str:
    """The variables as lines of an env file; values that are not plain words are quoted, as python-dotenv reads it."""
    return "".join(f"{name}={_quoted(value)}\n" for name, value in environment.items())


def _quoted(value: str) -> str:
    if re.fullmatch(r"[\w@%+=:,./-]*", value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _rooms(settings: Settings) -> list[Room]:
    return [getattr(settings, field.name) for field in fields(settings)]


def _explicit(room: Room) -> dict[str, str]:
    """What the environment set in this room, as an env file spells it; secrets are left where they are."""
    values = room.model_dump(mode="json", include=room.model_fields_set - {"data_dir"})
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in values.items()
        if value is not None and not isinstance(getattr(room, name), SecretStr)
    }


def _chosen_credentials(settings: Settings, own: Credentials) -> Credentials:
    """The folder's credentials, but for those that the environment gives."""
    given = {
        "s3_access_key": settings.bucket.s3_access_key,
        "s3_secret_key": settings.bucket.s3_secret_key.get_secret_value(),
        "nats_token": settings.bus.nats_token.get_secret_value(),
        "api_token": settings.api.api_token.get_secret_value(),
        "hook_secret": settings.api.hook_secret.get_secret_value(),
        "model_server_token": settings.models.model_server_token.get_secret_value(),
    }
    return own.model_copy(update={name: value for name, value in given.items() if value})

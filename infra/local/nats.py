"""The bus of this machine: nats-server with JetStream on disk, every acknowledged message synced."""

import json
import socket
from pathlib import Path

from infra.local.files import private_folder, write_private
from infra.local.part import NotReady, Part, binary

# A dead letter is a body of at most 256 KiB that JSON may escape to six times its size.
MAX_PAYLOAD_BYTES = 2 * 1024**2
CHECK_TIMEOUT_S = 2.0

CONFIG = """\
host: "127.0.0.1"
port: {port}
server_name: "reelwear"
max_payload: {max_payload_bytes}
authorization {{ token: {token} }}
jetstream {{ store_dir: {store_dir}, sync_interval: always }}
"""


def nats_part(data_dir: Path, port: int, token: str) -> Part:
    """The bus on a loopback port, its streams under `data_dir/bus`. Writes its configuration, which holds the token."""
    folder = private_folder((data_dir / "bus").resolve())
    config_file = folder / "nats.conf"
    config = CONFIG.format(
        port=port,
        max_payload_bytes=MAX_PAYLOAD_BYTES,
        token=json.dumps(token),
        store_dir=json.dumps(str(folder / "streams")),
    )
    write_private(config_file, config)
    return Part(
        name="nats",
        command=(binary("nats-server"), "--config", str(config_file)),
        env={},
        needs=(),
        check=lambda: _check(port, token),
        start_timeout_s=30.0,
        stop_timeout_s=10.0,
        cwd=folder,
    )


def _check(port: int, token: str) -> None:
    """Log in and ping, in the server's own line protocol: no event loop needed."""
    login = json.dumps({"auth_token": token, "verbose": False, "pedantic": False, "lang": "python", "version": "1"})
    try:
        with socket.create_connection(("127.0.0.1", port), CHECK_TIMEOUT_S) as connection:
            connection.settimeout(CHECK_TIMEOUT_S)
            with connection.makefile("rwb") as lines:
                greeting = lines.readline()
                lines.write(f"CONNECT {login}\r\nPING\r\n".encode())
                lines.flush()
                answer = lines.readline()
    except OSError as error:
        raise NotReady(f"nothing answers on 127.0.0.1:{port}: {error}") from error
    if not greeting.startswith(b"INFO ") or answer.strip() != b"PONG":
        raise NotReady(f"the bus on port {port} answered {answer.decode(errors='replace').strip() or 'nothing'}")
    if not json.loads(greeting[5:]).get("jetstream"):
        raise NotReady(f"the bus on port {port} has no JetStream")

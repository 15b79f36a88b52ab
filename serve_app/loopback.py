"""Ray on 127.0.0.1 alone: by default its processes listen on every interface."""

import importlib
import socket
from collections.abc import MutableMapping
from typing import Any

LOOPBACK = "127.0.0.1"


def prepare_environment(environment: MutableMapping[str, str]) -> None:
    """Set what Ray reads from the environment before it is imported: loopback, free ports, no reporting, quiet."""
    # Without clusters Ray takes 127.0.0.1 for its node's address, and gRPC, agents and metrics listen there alone.
    environment["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    # Ray renices its workers by 15, which would starve the models whenever anything else runs.
    environment["RAY_worker_niceness"] = "0"
    environment["RAY_USAGE_STATS_ENABLED"] = "0"
    # Fixed by default, so that a second server on this machine would find them taken.
    environment["AUTOSCALER_METRIC_PORT"] = str(free_port())
    environment["DASHBOARD_METRIC_PORT"] = str(free_port())


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def keep_replica_on_loopback() -> None:
    """Have this replica's gRPC server, which Serve binds to every interface, listen on 127.0.0.1.

    Serve 2.60 has no setting for it. Called in a replica's constructor, which runs before that server is bound.
    """
    # Imported late: this module is read before Ray is, to prepare its environment.
    replica: Any = importlib.import_module("ray.serve._private.replica")

    add_port = replica.add_port_to_grpc_server

    def add_loopback_port(server: object, address: str) -> int:
        return int(add_port(server, f"{LOOPBACK}:{address.rsplit(':', 1)[1]}"))

    replica.add_port_to_grpc_server = add_loopback_port

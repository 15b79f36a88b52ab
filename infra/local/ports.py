"""Loopback ports: is one free, who holds it, and which to choose."""

import random
import socket
from collections.abc import Container

import psutil

LOOPBACK = "127.0.0.1"
# Below Linux's ephemeral range (32768…): no outgoing connection takes a chosen port between `down` and `up`.
CHOSEN_PORTS = range(20000, 32768)


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def choose_port(taken: Container[int], chance: random.Random) -> int:
    """A free port that is not among the `taken`. Raises OSError when a thousand throws find none."""
    for _ in range(1000):
        port = chance.choice(CHOSEN_PORTS)
        if port not in taken and is_free(port):
            return port
    raise OSError(f"no free port between {CHOSEN_PORTS.start} and {CHOSEN_PORTS.stop - 1}")


def holder_of(port: int) -> str:
    """The process that listens on the port, as "name (pid 12)"; empty when the system does not tell."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:
        return ""
    for connection in connections:
        is_listening = connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port
        if is_listening and connection.pid:
            try:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
            except psutil.NoSuchProcess:
                return ""
    return ""

"""The object store of this machine: SeaweedFS with its S3 gateway, one process, on disk, loopback only."""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import SecretStr

from infra.bucket import Bucket
from infra.errors import ErrorCode, ReelwearError
from infra.local.files import private_folder, write_private
from infra.local.part import NotReady, Part, binary
from infra.settings import BucketSettings

VOLUME_SIZE_MB = 1024
READY_KEY = ".reelwear/ready"
CHECK_TIMEOUT_S = 3.0
# SeaweedFS takes numbers up to 100 for a share of the disk, and refuses them with a unit.
LEAST_FREE_BYTES = 1024**2

NOTIFICATION = """\
[notification.webhook]
enabled = true
endpoint = {url}
bearer_token = {token}
timeout_seconds = 5
max_retries = 0
workers = 2
path_prefixes = [{prefix}]
"""

SECURITY = """\
[jwt.signing]
key = {volume_key}
[jwt.filer_signing]
key = {filer_key}
[jwt.filer_signing.read]
key = {filer_key}
"""


@dataclass(frozen=True)
class WeedPorts:
    """Loopback ports of the one process; all but `s3` are its own affair."""

    s3: int
    s3_grpc: int
    master: int
    master_grpc: int
    volume: int
    volume_grpc: int
    filer: int
    filer_grpc: int


def seaweedfs_part(
    data_dir: Path,
    ports: WeedPorts,
    access_key: str,
    secret_key: str,
    hook_url: str,
    hook_token: str = "",
    bucket: str = "reelwear",
    min_free_bytes: int = 512 * 1024**2,
) -> Part:
    """The object store, its data under `data_dir/objects`. Writes its configuration, which holds the keys.

    Every change under `videos/` of the bucket is posted once to `hook_url`, with `hook_token` as bearer: a hint, not a
    promise. Uploads are refused while the disk has less than `min_free_bytes` free.
    """
    folder = private_folder((data_dir / "objects").resolve())
    _write_configuration(folder, access_key, secret_key, hook_url, hook_token, bucket)
    settings = BucketSettings(
        s3_url=f"http://127.0.0.1:{ports.s3}",
        s3_bucket=bucket,
        s3_access_key=access_key,
        s3_secret_key=SecretStr(secret_key),
        s3_data_dir=folder / "data",
        s3_min_free_bytes=min_free_bytes,
    )
    # Made at the first check: a client takes a moment to make, and a stack that is only described needs none.
    bucket_client = cache(lambda: Bucket(settings, CHECK_TIMEOUT_S))
    return Part(
        name="seaweedfs",
        command=_command(folder, ports, min_free_bytes),
        env={"HOME": str(folder)},
        needs=(),
        check=lambda: _check(bucket_client()),
        start_timeout_s=60.0,
        # Left alone it waits 15 s for streams to itself; what it acknowledged is with the kernel and survives SIGKILL.
        stop_timeout_s=3.0,
        cwd=folder,
    )


def _write_configuration(
    folder: Path, access_key: str, secret_key: str, hook_url: str, hook_token: str, bucket: str
) -> None:
    identity = {
        "name": "reelwear",
        "credentials": [{"accessKey": access_key, "secretKey": secret_key}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    notification = NOTIFICATION.format(
        url=json.dumps(hook_url), token=json.dumps(hook_token), prefix=json.dumps(f"/buckets/{bucket}/videos/")
    )
    security = SECURITY.format(
        volume_key=json.dumps(_inner_key(secret_key, "volume")), filer_key=json.dumps(_inner_key(secret_key, "filer"))
    )
    write_private(folder / "identities.json", json.dumps({"identities": [identity]}))
    write_private(folder / "notification.toml", notification)
    write_private(folder / "security.toml", security)
    for name in ("data", "run"):
        private_folder(folder / name)


def _inner_key(secret_key: str, purpose: str) -> str:
    """Key that shuts the ports behind the S3 gateway to other users of the machine."""
    return hashlib.sha256(f"{purpose}:{secret_key}".encode()).hexdigest()


def _command(folder: Path, ports: WeedPorts, min_free_bytes: int) -> tuple[str, ...]:
    options = {
        "dir": str(folder / "data"),
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "master.port": ports.master,
        "master.port.grpc": ports.master_grpc,
        "master.telemetry": "false",
        "master.volumeSizeLimitMB": VOLUME_SIZE_MB,
        "master.resumeState": "true",
        "master.electionTimeout": "300ms",
        "master.heartbeatInterval": "100ms",
        "volume.port": ports.volume,
        "volume.port.grpc": ports.volume_grpc,
        # A ceiling out of reach: the disk is the limit. Volumes grow as they fill, nothing is preallocated.
        "volume.max": 1000,
        "volume.minFreeSpace": f"{max(min_free_bytes, LEAST_FREE_BYTES)}B",
        "volume.preStopSeconds": 0,
        "filer": "true",
        "filer.port": ports.filer,
        "filer.port.grpc": ports.filer_grpc,
        "filer.localSocket": "run/filer.sock",
        "s3": "true",
        "s3.port": ports.s3,
        "s3.port.grpc": ports.s3_grpc,
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "s3.config": str(folder / "identities.json"),
        "s3.localSocket": "run/s3.sock",
        "s3.iam": "false",
    }
    flags = (f"-{name}={value}" for name, value in options.items())
    return (binary("weed"), "-logtostderr", "server", *flags)


def _check(bucket: Bucket) -> None:
    """List and put, as a client would: the gateway answers before a volume takes data. A full disk is no fault of the
    store: what it has can be read, and uploads are refused by name.
    """
    try:
        bucket.ensure()
        for _ in bucket.list(READY_KEY):
            pass
        bucket.put(READY_KEY, b"ready", "text/plain")
    except ReelwearError as error:
        if error.code is not ErrorCode.DISK_FULL:
            raise NotReady(error.message) from error

"""A large model's files from the hub to the models folder: resumed where it broke off, verified, all or nothing.

The hub's HTTP API is spoken directly: huggingface_hub comes with the extra alone, throws away what an ended process had
of a file, and compares sizes where the hub tells hashes (2.4, file_download.py).
"""

import errno
import fcntl
import fnmatch
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn, Self
from urllib.parse import quote

import httpx
from pydantic import BaseModel, Field, SecretStr

from serve_app.errors import ModelServerError
from serve_app.models.large.folders import (
    HUB_URL,
    INDEX_FILE,
    PICKLES,
    RECEIPT_FILE,
    Receipt,
    by_hand,
    faults_of,
)
from serve_app.models.large.table import WEIGHTS_FILE, LargeModel
from serve_app.models.manifest import FileEntry, sha256_of

# Fetched where the repository has them: what slower tokenizers and other readers want.
EXTRA_FILES: Final = (
    "processor_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
)
PART_PATTERN: Final = "model-[0-9]*-of-[0-9]*.safetensors"
LOCK_FILE: Final = ".pull.lock"
TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)
OVERLOADED: Final = frozenset({429, 503})
FORBIDDEN: Final = frozenset({401, 403})


@dataclass(frozen=True)
class Hub:
    """Where models are fetched from. token: sent to the endpoint's own host alone."""

    endpoint: str = HUB_URL
    token: SecretStr = field(default_factory=lambda: SecretStr(""))

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> Self:
        """HF_ENDPOINT and HF_TOKEN, as other tools of the hub read them."""
        return cls(
            endpoint=(environment.get("HF_ENDPOINT") or HUB_URL).rstrip("/"),
            token=SecretStr(environment.get("HF_TOKEN", "")),
        )

    @property
    def headers(self) -> dict[str, str]:
        """Files are wanted as they are, since their lengths are counted."""
        token = self.token.get_secret_value()
        return {"accept-encoding": "identity"} | ({"authorization": f"Bearer {token}"} if token else {})


@dataclass(frozen=True)
class Progress:
    """How far a pull is, over all its files. file: the one being fetched."""

    file: str
    done_bytes: int
    total_bytes: int


@dataclass(frozen=True)
class Pulled:
    """A model that lies in the models folder now. fetched_bytes: what came over the network this time."""

    name: str
    folder: Path
    repository: str
    commit: str
    files: tuple[str, ...]
    size_bytes: int
    fetched_bytes: int


class LargeFile(BaseModel):
    """What the hub says of a file that its git keeps outside."""

    sha256: str


class HubFile(BaseModel):
    """What the hub says of a file. blob_id: git's SHA-1 of a small file, or of the pointer to a large one."""

    name: str = Field(alias="rfilename")
    size_bytes: int = Field(-1, alias="size")
    blob_id: str = Field("", alias="blobId")
    lfs: LargeFile | None = None

    @property
    def identity(self) -> str:
        """Changes with the content."""
        return self.lfs.sha256 if self.lfs else self.blob_id

    def is_in(self, path: Path) -> bool:
        """Whether this very content lies there. A mirror that tells no hash of a file is believed its size."""
        if not path.is_file() or path.stat().st_size != self.size_bytes:
            return False
        if self.lfs:
            return sha256_of(path) == self.lfs.sha256
        return not self.blob_id or git_hash_of(path) == self.blob_id


class HubRevision(BaseModel):
    """What the hub says of a repository at a revision."""

    commit: str = Field(alias="sha", min_length=1)
    files: tuple[HubFile, ...] = Field(alias="siblings")


OnProgress = Callable[[Progress], None]


def pull(model: LargeModel, models_dir: Path, hub: Hub, on_progress: OnProgress) -> Pulled:
    """Bring a model's files to its folder, and write down what was brought.

    What is there already and whole is kept; of a file that broke off the rest is fetched. The folder changes only when
    all files are fetched and verified. Raises by name: `unreachable`, `unauthorized`, `overloaded`, `bad_answer` (a
    file is missing or damaged), `disk_full`, `already_running` (another pull of this model), `bad_setting`.
    """
    if model.folder or not model.repository:
        raise ModelServerError("bad_setting", f"{model.name} is a folder of your own; there is nothing to pull")
    folder = models_dir / model.name
    with disk_faults_named(folder), only_puller(model, folder), hub_faults_named(model, models_dir, hub):
        with httpx.Client(timeout=TIMEOUT, follow_redirects=True) as client:
            revision = ask_revision(client, model, hub)
            wanted = choose_files(model, revision)
            missing = [file for file in wanted if not file.is_in(folder / file.name)]
            check_room(folder, missing)
            counter = Counter(on_progress, sum(file.size_bytes for file in wanted))
            counter.start(sum(file.size_bytes for file in wanted) - sum(file.size_bytes for file in missing))
            for file in missing:
                url = f"{hub.endpoint}/{model.repository}/resolve/{quote(revision.commit, safe='')}/{quote(file.name)}"
                fetch(client, url, hub, file, part_of(folder, file), counter)
        settle(model, folder, revision, wanted, missing)
    return Pulled(
        name=model.name,
        folder=folder,
        repository=model.repository,
        commit=revision.commit,
        files=tuple(file.name for file in wanted),
        size_bytes=sum(file.size_bytes for file in wanted),
        fetched_bytes=counter.fetched_bytes,
    )


class Counter:
    """Counts what has come, and says so."""

    def __init__(self, on_progress: OnProgress, total_bytes: int) -> None:
        self.on_progress = on_progress
        self.total_bytes = total_bytes
        self.done_bytes = 0
        self.fetched_bytes = 0

    def start(self, done_bytes: int, file: str = "") -> None:
        """Take note of what was there before."""
        self.done_bytes += done_bytes
        self.on_progress(Progress(file, self.done_bytes, self.total_bytes))

    def add(self, came_bytes: int, file: str) -> None:
        """Take note of what came."""
        self.fetched_bytes += came_bytes
        self.start(came_bytes, file)


def ask_revision(client: httpx.Client, model: LargeModel, hub: Hub) -> HubRevision:
    """The commit and the files of the model's revision, with sizes and hashes."""
    url = f"{hub.endpoint}/api/models/{model.repository}/revision/{quote(model.revision, safe='')}"
    response = client.get(url, params={"blobs": "true"}, headers=hub.headers)
    if response.status_code != httpx.codes.OK:
        refuse(response, model.repository)
    try:
        return HubRevision.model_validate_json(response.content)
    except ValueError as fault:
        told = str(fault).partition("\n")[0]
        raise ModelServerError(
            "bad_answer", f"{hub.endpoint} does not speak as the hub does ({told}); check HF_ENDPOINT"
        ) from fault


def choose_files(model: LargeModel, revision: HubRevision) -> list[HubFile]:
    """The files to fetch, the weights last; raises `bad_answer` where the repository lacks one or has pickles alone."""
    there = {file.name: file for file in revision.files}
    where = f"{model.repository} at {revision.commit[:12]}"
    missing = [name for name in model.files if name not in there]
    if missing:
        raise ModelServerError("bad_answer", f"{where} has no {', '.join(missing)}; it is not what {model.name} was")
    weights = [WEIGHTS_FILE] if WEIGHTS_FILE in there else fnmatch.filter(there, PART_PATTERN)
    if weights != [WEIGHTS_FILE] and INDEX_FILE in there:
        weights.append(INDEX_FILE)
    if not any(Path(name).name == name and name != INDEX_FILE for name in weights):
        pickled = sorted(name for name in there if Path(name).suffix in PICKLES)
        has = f"has {', '.join(pickled)}, which may run code when read, and" if pickled else "has"
        raise ModelServerError("bad_answer", f"{where} {has} no {WEIGHTS_FILE}: safetensors only")
    extras = [name for name in EXTRA_FILES if name in there and name not in model.files]
    chosen = [there[name] for name in (*model.files, *extras, *sorted(weights)) if Path(name).name == name]
    unsized = [file.name for file in chosen if file.size_bytes < 0]
    if unsized:
        raise ModelServerError(
            "bad_answer", f"{where}: the size of {', '.join(unsized)} is not told; check HF_ENDPOINT"
        )
    return chosen


def check_room(folder: Path, missing: Sequence[HubFile]) -> None:
    """Raises `disk_full` unless what is still to come fits."""
    needed_bytes = sum(max(file.size_bytes - size_of(part_of(folder, file)), 0) for file in missing)
    free_bytes = shutil.disk_usage(folder).free
    if needed_bytes > free_bytes:
        raise ModelServerError(
            "disk_full",
            f"{needed_bytes} bytes are still to come and {free_bytes} are free at {folder}; make room, or name another "
            "folder in REELWEAR_MODELS_DIR",
        )


def fetch(client: httpx.Client, url: str, hub: Hub, file: HubFile, part: Path, counter: Counter) -> None:
    """Bring a file's content to `part`, from where it broke off; a connection that breaks is made anew as long as
    something came over the last one.

    Raises `bad_answer`, the part removed, if the content is not what the hub promised.
    """
    if size_of(part) > file.size_bytes:
        part.unlink()
    counter.start(size_of(part), file.name)
    while size_of(part) < file.size_bytes or not part.is_file():
        had_bytes = size_of(part)
        try:
            receive(client, url, hub, file, part, counter)
        except httpx.TransportError:
            if size_of(part) <= had_bytes:
                raise
        else:
            if size_of(part) <= had_bytes < file.size_bytes:
                raise ModelServerError("bad_answer", f"{file.name} ends after {had_bytes} of {file.size_bytes} bytes")
    if not file.is_in(part):
        part.unlink()
        raise ModelServerError(
            "bad_answer",
            f"{file.name} came damaged: its hash is not {file.identity[:12]}, which the hub promised; it was removed. "
            "Run the pull again; if that does not help, set HF_ENDPOINT to another mirror",
        )


def receive(client: httpx.Client, url: str, hub: Hub, file: HubFile, part: Path, counter: Counter) -> None:
    """Append what one answer brings to `part`; one from the beginning replaces it."""
    had_bytes = size_of(part)
    headers = hub.headers | ({"range": f"bytes={had_bytes}-"} if had_bytes else {})
    with client.stream("GET", url, headers=headers) as response:
        is_rest = response.status_code == httpx.codes.PARTIAL_CONTENT
        if response.status_code != httpx.codes.OK and not is_rest:
            refuse(response, file.name)
        if is_rest and not response.headers.get("content-range", "").startswith(f"bytes {had_bytes}-"):
            raise ModelServerError("bad_answer", f"{file.name}: another range was sent than bytes {had_bytes}-")
        if not is_rest:
            counter.start(-had_bytes, file.name)
        with part.open("ab" if is_rest else "wb") as out:
            for chunk in response.iter_raw():
                out.write(chunk)
                counter.add(len(chunk), file.name)
                if out.tell() > file.size_bytes:
                    break


def settle(
    model: LargeModel, folder: Path, revision: HubRevision, wanted: Sequence[HubFile], fetched: Sequence[HubFile]
) -> None:
    """Put the fetched files in their places, write the receipt, and remove what is left of earlier tries."""
    receipt_path = folder / RECEIPT_FILE
    receipt_path.unlink(missing_ok=True)
    for file in fetched:
        part_of(folder, file).replace(folder / file.name)
    found = faults_of(model, folder)
    if found:
        raise ModelServerError("bad_answer", f"{model.repository} cannot be used: {'; '.join(found)}")
    receipt = Receipt(
        name=model.name,
        repository=model.repository,
        revision=model.revision,
        commit=revision.commit,
        files={file.name: FileEntry.of(folder / file.name) for file in wanted},
    )
    new = receipt_path.with_name(f".{RECEIPT_FILE}.part")
    new.write_text(receipt.model_dump_json(indent=2) + "\n", encoding="utf-8")
    new.replace(receipt_path)
    for left in folder.glob(".*.part"):
        left.unlink()


def refuse(response: httpx.Response, what: str) -> NoReturn:
    """Raise the named error of an answer that brings nothing."""
    status = response.status_code
    host = response.url.host
    if status in FORBIDDEN:
        message = (
            f"{host} answers {status} for {what}; accept its terms there, and set HF_TOKEN to a token that may read"
        )
        raise ModelServerError("unauthorized", message)
    if status in OVERLOADED:
        wait = response.headers.get("retry-after", "")
        raise ModelServerError(
            "overloaded",
            f"{host} answers {status} for {what}; run the pull again later",
            retry_after_s=float(wait) if wait.isdigit() else None,
        )
    raise ModelServerError("bad_answer", f"{host} answers {status} for {what}; check HF_ENDPOINT, or try again later")


@contextmanager
def hub_faults_named(model: LargeModel, models_dir: Path, hub: Hub) -> Iterator[None]:
    """Turn what httpx raises into `unreachable`, with the way out."""
    try:
        yield
    except (httpx.RequestError, httpx.InvalidURL) as fault:
        told = str(fault) or type(fault).__name__
        raise ModelServerError(
            "unreachable",
            f"{model.name} cannot be fetched from {hub.endpoint} ({told}); what came is kept, run the pull again. Or "
            f"set HF_ENDPOINT to a mirror; {by_hand(model, models_dir)}",
        ) from fault


@contextmanager
def disk_faults_named(folder: Path) -> Iterator[None]:
    """Turn what the file system raises into `disk_full` and `bad_setting`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as fault:
        code = "disk_full" if fault.errno in (errno.ENOSPC, errno.EDQUOT) else "bad_setting"
        message = (
            f"{folder} cannot be written ({fault.strerror}); make room, or set REELWEAR_MODELS_DIR to another folder"
        )
        raise ModelServerError(code, message) from fault


@contextmanager
def only_puller(model: LargeModel, folder: Path) -> Iterator[None]:
    """Hold the model's lock, which ends with this process; raises `already_running` while another holds it."""
    handle = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            raise ModelServerError(
                "already_running", f"{model.name} is being pulled into {folder} by another process; wait for its end"
            ) from held
        yield
    finally:
        os.close(handle)


def part_of(folder: Path, file: HubFile) -> Path:
    """Where a file lies until all are there; content of another version never continues it."""
    return folder / f".{file.name}.{file.identity[:12]}.part"


def size_of(path: Path) -> int:
    """Bytes of a file, 0 where there is none."""
    return path.stat().st_size if path.is_file() else 0


def git_hash_of(path: Path) -> str:
    """The SHA-1 by which git knows a file's content (git-hash-object)."""
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()

"""Models fetched over real sockets: whole, resumed, damaged, refused."""

import fcntl
import json
from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

import pytest

from serve_app.errors import ModelServerError
from serve_app.models.large.folders import RECEIPT_FILE, Receipt, require_folder, verify
from serve_app.models.large.pull import LOCK_FILE, Hub, Progress, Pulled, pull
from serve_app.models.large.table import LARGE_MODELS, find_model
from tests.serve_app.models.large.hub import COMMIT, TINY, TOKEN, FakeHub, running_hub, safetensors, tiny_files

WEIGHTS = "model.safetensors"
NEEDED = {"config.json", "preprocessor_config.json", WEIGHTS}
BREAK = 30_000


@pytest.fixture
def fake() -> Iterator[FakeHub]:
    with running_hub() as fake:
        yield fake


def pulled(fake: FakeHub, models_dir: Path) -> Pulled:
    return pull(TINY, models_dir, fake.hub, lambda _: None)


def refusal(fake: FakeHub, models_dir: Path) -> ModelServerError:
    with pytest.raises(ModelServerError) as caught:
        pulled(fake, models_dir)
    return caught.value


def left_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {LOCK_FILE}


def test_a_model_is_fetched_whole_and_what_was_brought_is_written_down(fake: FakeHub, tmp_path: Path) -> None:
    done = pulled(fake, tmp_path)
    assert done.folder == tmp_path / "tiny" == require_folder(TINY, tmp_path)
    assert {path.name: path.read_bytes() for path in done.folder.glob("[!.]*") if path.name != RECEIPT_FILE} == {
        name: content for name, content in fake.files.items() if name in NEEDED
    }
    assert (done.commit, done.repository, set(done.files)) == (COMMIT, "acme/tiny", NEEDED)
    assert done.size_bytes == done.fetched_bytes == sum(len(fake.files[name]) for name in NEEDED)
    receipt = verify(TINY, tmp_path)
    assert receipt == Receipt.load(done.folder)
    assert receipt is not None and (receipt.commit, receipt.size_bytes) == (COMMIT, done.size_bytes)
    assert left_in(done.folder) == NEEDED | {RECEIPT_FILE}


def test_progress_rises_to_the_whole_and_names_the_files(fake: FakeHub, tmp_path: Path) -> None:
    seen: list[Progress] = []
    done = pull(TINY, tmp_path, fake.hub, seen.append)
    assert [one.done_bytes for one in seen] == sorted(one.done_bytes for one in seen)
    assert seen[0].done_bytes == 0 and seen[-1].done_bytes == done.size_bytes
    assert {one.total_bytes for one in seen} == {done.size_bytes}
    assert {one.file for one in seen if one.file} == NEEDED


def test_a_model_that_is_there_is_not_fetched_again(fake: FakeHub, tmp_path: Path) -> None:
    pulled(fake, tmp_path)
    fake.asked.clear()
    seen: list[Progress] = []
    again = pull(TINY, tmp_path, fake.hub, seen.append)
    assert again.fetched_bytes == 0
    assert [one.path for one in fake.asked] == ["/api/models/acme/tiny/revision/main"]
    assert seen == [Progress("", again.size_bytes, again.size_bytes)]


def test_a_damaged_file_of_the_folder_is_fetched_again(fake: FakeHub, tmp_path: Path) -> None:
    folder = pulled(fake, tmp_path).folder
    content = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(content[:-1] + b"?")
    with pytest.raises(ModelServerError, match=r"tiny: model\.safetensors in .* changed since .* models pull tiny"):
        verify(TINY, tmp_path)
    assert pulled(fake, tmp_path).fetched_bytes == len(content)
    assert verify(TINY, tmp_path)


def test_a_connection_that_breaks_is_made_anew_for_the_rest(fake: FakeHub, tmp_path: Path) -> None:
    fake.breaks[WEIGHTS] = [BREAK, 20_000]
    done = pulled(fake, tmp_path)
    assert [one.range for one in fake.asked if one.server == "cdn"] == [
        None,
        f"bytes={BREAK}-",
        f"bytes={BREAK + 20_000}-",
    ]
    assert done.fetched_bytes == done.size_bytes
    assert fake.sent_bytes(WEIGHTS) == len(fake.files[WEIGHTS])
    assert verify(TINY, tmp_path)


def test_a_second_pull_fetches_only_what_the_first_did_not_get(fake: FakeHub, tmp_path: Path) -> None:
    fake.breaks[WEIGHTS] = [BREAK, 0]
    error = refusal(fake, tmp_path)
    assert error.code == "unreachable" and error.is_retryable
    assert "what came is kept, run the pull again" in error.message
    with pytest.raises(ModelServerError, match=r"tiny: .* lacks .*models pull tiny"):
        require_folder(TINY, tmp_path)
    fake.asked.clear()
    done = pulled(fake, tmp_path)
    rest = len(fake.files[WEIGHTS]) - BREAK
    assert done.fetched_bytes == rest == fake.sent_bytes(WEIGHTS)
    assert fake.sent_bytes("config.json") == 0
    assert verify(TINY, tmp_path)


def test_a_server_without_ranges_is_asked_from_the_beginning(fake: FakeHub, tmp_path: Path) -> None:
    fake.knows_ranges = False
    fake.breaks[WEIGHTS] = [BREAK]
    seen: list[Progress] = []
    done = pull(TINY, tmp_path, fake.hub, seen.append)
    assert done.fetched_bytes == done.size_bytes + BREAK
    assert seen[-1].done_bytes == done.size_bytes
    assert verify(TINY, tmp_path)


@pytest.mark.parametrize("name", [WEIGHTS, "config.json"])
def test_a_damaged_file_is_refused_and_removed(fake: FakeHub, tmp_path: Path, name: str) -> None:
    fake.damaged.add(name)
    error = refusal(fake, tmp_path)
    assert error.code == "bad_answer"
    assert f"{name} came damaged" in error.message and "HF_ENDPOINT" in error.message
    assert not any(path.match(f".{name}.*") or path.name == name for path in (tmp_path / "tiny").iterdir())
    fake.damaged.clear()
    assert pulled(fake, tmp_path) and verify(TINY, tmp_path)


def test_a_new_commit_is_taken_whole_or_not_at_all(fake: FakeHub, tmp_path: Path) -> None:
    folder = pulled(fake, tmp_path).folder
    before = {name: (folder / name).read_bytes() for name in NEEDED}
    fake.files, fake.commit = tiny_files(seed=1), "1" * 40
    fake.breaks[WEIGHTS] = [BREAK, 0]
    assert refusal(fake, tmp_path).code == "unreachable"
    assert {name: (folder / name).read_bytes() for name in NEEDED} == before
    receipt = verify(TINY, tmp_path)
    assert receipt is not None and receipt.commit == COMMIT
    assert pulled(fake, tmp_path).commit == "1" * 40
    assert (folder / WEIGHTS).read_bytes() == fake.files[WEIGHTS]
    assert left_in(folder) == NEEDED | {RECEIPT_FILE}


def test_what_broke_off_of_another_version_is_not_continued(fake: FakeHub, tmp_path: Path) -> None:
    fake.breaks[WEIGHTS] = [BREAK, 0]
    refusal(fake, tmp_path)
    fake.files, fake.commit = tiny_files(seed=1), "1" * 40
    fake.asked.clear()
    done = pulled(fake, tmp_path)
    assert fake.sent_bytes(WEIGHTS) == len(fake.files[WEIGHTS])
    assert left_in(done.folder) == NEEDED | {RECEIPT_FILE}


def test_the_token_goes_to_the_hub_and_to_nobody_else(fake: FakeHub, tmp_path: Path) -> None:
    pulled(fake, tmp_path)
    told = {(one.server, one.authorization) for one in fake.asked}
    assert told == {("hub", f"Bearer {TOKEN}"), ("cdn", None)}


def test_the_token_is_never_shown(fake: FakeHub, tmp_path: Path) -> None:
    fake.refusal = HTTPStatus.UNAUTHORIZED
    error = refusal(fake, tmp_path)
    assert error.code == "unauthorized" and "HF_TOKEN" in error.message
    assert TOKEN not in f"{error!r} {error.__cause__!r} {fake.hub!r}"


def test_a_hub_is_asked_without_a_token_where_none_is_set(fake: FakeHub, tmp_path: Path) -> None:
    pull(TINY, tmp_path, Hub.of_environment({"HF_ENDPOINT": f"{fake.hub_url}/"}), lambda _: None)
    assert {one.authorization for one in fake.asked} == {None}


def test_the_environment_names_the_hub_and_the_token() -> None:
    assert Hub.of_environment({}).endpoint == "https://huggingface.co"
    hub = Hub.of_environment({"HF_ENDPOINT": "https://mirror.example/", "HF_TOKEN": TOKEN})
    assert (hub.endpoint, hub.token.get_secret_value()) == ("https://mirror.example", TOKEN)


@pytest.mark.parametrize(
    "endpoint",
    [
        pytest.param("http://127.0.0.1:9", id="nobody answers"),
        pytest.param("http://nowhere.invalid", id="no such name"),
        pytest.param("mirror.example", id="no address"),
    ],
)
def test_without_a_network_the_error_says_how_to_bring_the_files(tmp_path: Path, endpoint: str) -> None:
    model = find_model("sam2.1-tiny")
    with pytest.raises(ModelServerError) as caught:
        pull(model, tmp_path, Hub(endpoint), lambda _: None)
    assert caught.value.code == "unreachable"
    message = caught.value.message
    assert message.startswith(f"sam2.1-tiny cannot be fetched from {endpoint} (")
    assert (
        "copy config.json, preprocessor_config.json, model.safetensors from https://huggingface.co/facebook/" in message
    )
    assert message.endswith(f"into {tmp_path / 'sam2.1-tiny'}")


def test_a_model_that_does_not_fit_on_the_disk_is_not_begun(fake: FakeHub, tmp_path: Path) -> None:
    fake.sizes[WEIGHTS] = 10**18
    error = refusal(fake, tmp_path)
    assert error.code == "disk_full" and "REELWEAR_MODELS_DIR" in error.message
    assert [one.path for one in fake.asked] == ["/api/models/acme/tiny/revision/main"]


def test_a_folder_that_cannot_be_written_is_named(fake: FakeHub, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    error = refusal(fake, tmp_path / "file")
    assert error.code == "bad_setting" and str(tmp_path / "file" / "tiny") in error.message


def test_two_pulls_of_one_model_do_not_meet(fake: FakeHub, tmp_path: Path) -> None:
    (tmp_path / "tiny").mkdir()
    with (tmp_path / "tiny" / LOCK_FILE).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        error = refusal(fake, tmp_path)
        assert error.code == "already_running" and "tiny" in error.message
    assert pulled(fake, tmp_path).fetched_bytes


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (HTTPStatus.FORBIDDEN, "unauthorized"),
        (HTTPStatus.TOO_MANY_REQUESTS, "overloaded"),
        (HTTPStatus.NOT_FOUND, "bad_answer"),
        (HTTPStatus.BAD_GATEWAY, "bad_answer"),
    ],
)
def test_a_hub_that_refuses_is_told_by_name(fake: FakeHub, tmp_path: Path, status: HTTPStatus, code: str) -> None:
    fake.refusal = status
    error = refusal(fake, tmp_path)
    assert error.code == code
    assert f"answers {status} for acme/tiny" in error.message


def test_a_server_that_is_no_hub_is_told_by_name(fake: FakeHub, tmp_path: Path) -> None:
    fake.commit = ""
    error = refusal(fake, tmp_path)
    assert error.code == "bad_answer" and "check HF_ENDPOINT" in error.message


def test_pickles_are_not_fetched(fake: FakeHub, tmp_path: Path) -> None:
    del fake.files[WEIGHTS]
    error = refusal(fake, tmp_path)
    assert error.code == "bad_answer"
    assert "pytorch_model.bin, which may run code" in error.message and "safetensors only" in error.message
    assert left_in(tmp_path / "tiny") == set()


def test_a_repository_without_a_file_that_is_needed_is_refused(fake: FakeHub, tmp_path: Path) -> None:
    del fake.files["preprocessor_config.json"]
    assert "has no preprocessor_config.json" in refusal(fake, tmp_path).message


def test_a_repository_of_another_model_is_refused(fake: FakeHub, tmp_path: Path) -> None:
    fake.files["config.json"] = json.dumps({"model_type": "gpt2"}).encode()
    error = refusal(fake, tmp_path)
    assert error.code == "bad_answer" and "model_type 'gpt2', which is no yolos" in error.message


def test_weights_in_parts_come_with_their_index(fake: FakeHub, tmp_path: Path) -> None:
    parts = {f"model-0000{i}-of-00002.safetensors": safetensors(numbers=100 * i) for i in (1, 2)}
    del fake.files[WEIGHTS]
    index = {"weight_map": {str(i): name for i, name in enumerate(parts)}}
    fake.files |= parts | {"model.safetensors.index.json": json.dumps(index).encode()}
    assert parts.keys() < set(pulled(fake, tmp_path).files)
    assert verify(TINY, tmp_path)


def test_a_revision_other_than_main_is_asked_for(fake: FakeHub, tmp_path: Path) -> None:
    fake.revision = "refs/pr/2"
    done = pull(replace(TINY, revision="refs/pr/2"), tmp_path, fake.hub, lambda _: None)
    assert fake.asked[0].path == "/api/models/acme/tiny/revision/refs%2Fpr%2F2"
    assert done.commit == COMMIT


def test_a_folder_of_ones_own_is_not_pulled(tmp_path: Path) -> None:
    with pytest.raises(ModelServerError, match="a folder of your own") as caught:
        pull(replace(TINY, folder=tmp_path, repository=""), tmp_path, Hub(), lambda _: None)
    assert caught.value.code == "bad_setting"


def test_an_unknown_model_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ModelServerError, match="no large model is called 'gpt2'") as caught:
        find_model("gpt2")
    assert caught.value.code == "bad_setting"
    assert all(model.name in caught.value.message for model in LARGE_MODELS)

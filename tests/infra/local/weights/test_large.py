"""The large models: listed, pulled and checked, by what lies in the models folder."""

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from rich.console import Console

from functions.cli.exits import ExitCode, run
from infra.local.cli import build_app
from infra.local.doctor import Check, Verdict
from infra.local.weights.checks import check_server
from infra.local.weights.large import check_large, list_large
from infra.local.weights.progress import pull_bar
from infra.local.weights.shelf import ListedLarge, ModelList
from infra.settings import ModelSettings
from serve_app.contract import ModelInfo, ModelsAnswer
from serve_app.models.large.exported import EXPORTED_FILES, ExportedCard
from serve_app.models.large.pull import Progress
from serve_app.models.large.table import LARGE_MODELS
from tests.functions.api.shelf import served
from tests.serve_app.models.large.hub import COMMIT, FakeHub, running_hub, tiny_files

NAME, REPOSITORY = "sam2.1-tiny", "facebook/sam2.1-hiera-tiny"
WEIGHTS = "model.safetensors"
FILES = tiny_files() | {"config.json": json.dumps({"model_type": "sam2_video"}).encode()}


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A hub that has NAME, as the environment names it."""
    with running_hub() as fake:
        fake.repository, fake.files = REPOSITORY, dict(FILES)
        monkeypatch.setenv("HF_ENDPOINT", fake.hub_url)
        yield fake


def typed(*arguments: str) -> int:
    return run(build_app(), ["models", *arguments])


def bring(folder: Path) -> Path:
    """NAME's files by hand."""
    folder.mkdir(parents=True)
    for name in ("config.json", "preprocessor_config.json", WEIGHTS):
        (folder / name).write_bytes(FILES[name])
    return folder


def write_export(folder: Path) -> Path:
    """The files of an exported embedder, as far as a list reads them."""
    folder.mkdir()
    others = [folder / name for name in EXPORTED_FILES[:-1]]
    for path in others:
        path.write_bytes(path.name.encode())
    card = ExportedCard(name="clip-int8", version="", dimension=8, is_int8=True, made_from="clip 0123")
    written = b"".join(path.read_bytes() for path in [*others, card.save(folder)])
    card.model_copy(update={"version": hashlib.sha256(written).hexdigest()[:12]}).save(folder)
    return folder


def listed(models_dir: Path, chosen: ModelSettings, name: str = NAME) -> ListedLarge:
    return next(row for row in list_large(models_dir, chosen) if row.name == name)


def checked(models_dir: Path, chosen: ModelSettings) -> list[Check]:
    return list(check_large(models_dir, chosen))


@pytest.mark.usefixtures("fake")
def test_a_pull_tells_what_lies_here_now(models_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed("pull", NAME) == ExitCode.OK
    shown = capsys.readouterr()
    assert (models_dir / NAME / WEIGHTS).read_bytes() == FILES[WEIGHTS]
    assert all(word in shown.out for word in [NAME, "3 files", "fetched", REPOSITORY, COMMIT[:12], "Apache-2.0"])
    assert shown.err == ""
    assert typed("pull", REPOSITORY) == ExitCode.OK
    assert "nothing to fetch" in capsys.readouterr().out


@pytest.mark.usefixtures("fake")
def test_a_pull_as_json_is_one_document(models_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed("pull", NAME, "--json", "--models-dir", str(tmp_path / "other")) == ExitCode.OK
    shown = capsys.readouterr()
    told = json.loads(shown.out)
    assert (told["name"], told["commit"], told["folder"]) == (NAME, COMMIT, str(tmp_path / "other" / NAME))
    assert told["size_bytes"] == told["fetched_bytes"] > len(FILES[WEIGHTS])
    assert shown.err == "" and not models_dir.exists()


def test_a_model_without_a_licence_is_pulled_with_a_caution(fake: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    fake.repository, fake.revision = "valentinafeve/yolos-fashionpedia", "refs/pr/2"
    fake.files = tiny_files()
    assert typed("pull", "yolos-fashionpedia") == ExitCode.OK
    assert "states no licence" in capsys.readouterr().out


def test_a_pull_that_cannot_reach_the_hub_says_how_to_bring_the_files(
    models_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert typed("pull", NAME, "--json") == ExitCode.FAILED
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "part_failed"
    assert f"from https://huggingface.co/{REPOSITORY} into {models_dir / NAME}" in error["message"]


def test_a_pull_of_an_unknown_model_is_answered_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert typed("pull", "gpt2", "--json") == ExitCode.NOT_FOUND
    message = json.loads(capsys.readouterr().out)["error"]["message"]
    assert all(model.name in message for model in LARGE_MODELS)


@pytest.mark.usefixtures("fake")
def test_a_pull_into_a_folder_that_is_none_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert typed("pull", NAME, "--json", "--models-dir", str(tmp_path / "file")) == ExitCode.USAGE
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "bad_setting"


def test_who_watches_a_pull_sees_how_far_it_is() -> None:
    screen = io.StringIO()
    with pull_bar(NAME, Console(file=screen, force_terminal=True, width=120), is_quiet=False) as show:
        show(Progress(WEIGHTS, 50 * 1024**2, 100 * 1024**2))
    assert all(word in screen.getvalue() for word in [NAME, "50.0/100.0 MiB", WEIGHTS])


@pytest.mark.parametrize(("is_terminal", "is_quiet"), [(False, False), (True, True)])
def test_nobody_is_shown_progress_who_does_not_watch(is_terminal: bool, is_quiet: bool) -> None:
    screen = io.StringIO()
    with pull_bar(NAME, Console(file=screen, force_terminal=is_terminal), is_quiet) as show:
        show(Progress(WEIGHTS, 1, 2))
    assert screen.getvalue() == ""


def test_the_list_tells_each_large_model_and_what_lies_here(
    models_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bring(models_dir / NAME)
    assert typed("list", "--json", "--data", str(tmp_path)) == ExitCode.OK
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["large"]}
    assert list(rows) == [model.name for model in LARGE_MODELS]
    assert (rows[NAME]["state"], rows[NAME]["role"], rows[NAME]["licence"]) == ("by hand", "segmenter", "Apache-2.0")
    assert rows[NAME]["size_bytes"] == sum(path.stat().st_size for path in (models_dir / NAME).iterdir())
    assert rows["fashion-clip"]["state"] == "not here" and rows["fashion-clip"]["dimension"] == 512


def test_the_list_is_read_by_people_too(models_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bring(models_dir / NAME)
    (models_dir / "fashion-clip").mkdir()
    (models_dir / "fashion-clip" / "config.json").write_text("{}")
    assert typed("list", "--data", str(tmp_path)) == ExitCode.OK
    shown = capsys.readouterr().out
    lines = {
        model.name: next(line for line in shown.splitlines() if f" {model.name} " in line) for model in LARGE_MODELS
    }
    assert "by hand" in lines[NAME] and "incomplete" in lines["fashion-clip"]
    assert "not here" in lines["yolos-fashionpedia"]
    assert "yolos-fashionpedia: its author states no licence" in shown


@pytest.mark.usefixtures("fake")
def test_a_pulled_model_has_the_version_that_a_server_tells(models_dir: Path) -> None:
    typed("pull", NAME, "--json")
    pulled = listed(models_dir, ModelSettings())
    assert (pulled.state, pulled.commit, pulled.is_used) == ("pulled", COMMIT, False)
    (models_dir / NAME / "reelwear-pull.json").unlink()
    assert listed(models_dir, ModelSettings()).version is None
    assert listed(models_dir, ModelSettings(segmenter=NAME)).version == pulled.version


@pytest.mark.parametrize("setting", [NAME, REPOSITORY, "SAM2.1-Tiny"])
def test_a_model_is_in_use_where_a_setting_names_it(models_dir: Path, setting: str) -> None:
    rows = list_large(models_dir, ModelSettings(segmenter=setting))
    assert [row.name for row in rows if row.is_used] == [NAME]


def test_a_folder_that_a_setting_names_is_listed_and_checked(models_dir: Path, tmp_path: Path) -> None:
    own = bring(tmp_path / "our-sam")
    chosen = ModelSettings(segmenter=str(own))
    row = listed(models_dir, chosen, "our-sam")
    assert (row.state, row.is_used, row.folder) == ("by hand", True, str(own))
    assert [(check.name, check.verdict) for check in checked(models_dir, chosen)] == [("our-sam", Verdict.OK)]
    (own / WEIGHTS).write_bytes(FILES[WEIGHTS][:-1])
    (check,) = checked(models_dir, chosen)
    assert check.verdict is Verdict.ERROR and "is not whole" in check.found
    assert check.remedy == "bring the files, or name another folder"


def test_an_exported_embedder_is_listed_and_checked_by_its_card(models_dir: Path, tmp_path: Path) -> None:
    own = write_export(tmp_path / "our-export")
    chosen = ModelSettings(embedder=str(own))
    row = listed(models_dir, chosen, "clip-int8")
    assert (row.role, row.state, row.is_used, row.dimension, row.folder) == ("embedder", "by hand", True, 8, str(own))
    assert row.version == ExportedCard.load(own).version
    assert row.size_bytes == sum(path.stat().st_size for path in own.iterdir())
    (check,) = checked(models_dir, chosen)
    assert (check.name, check.verdict) == ("clip-int8", Verdict.OK)
    assert check.found == f"exported from clip 0123, version {row.version} as its files say"
    (own / "text.onnx").write_bytes(b"another")
    (check,) = checked(models_dir, chosen)
    assert check.verdict is Verdict.ERROR and "a file changed since" in check.found
    (own / "text.onnx").unlink()
    (check,) = checked(models_dir, chosen)
    assert check.verdict is Verdict.ERROR and "lacks text.onnx" in check.found
    (own / "embedder.json").write_text("{}")
    (check,) = checked(models_dir, chosen)
    assert check.verdict is Verdict.ERROR and "embedder.json cannot be read" in check.found


def test_people_read_the_row_of_an_exported_embedder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REELWEAR_EMBEDDER", str(write_export(tmp_path / "our-export")))
    assert typed("list", "--data", str(tmp_path)) == ExitCode.OK
    (line,) = [line for line in capsys.readouterr().out.splitlines() if " clip-int8 " in line]
    assert "embedder" in line and "by hand" in line and "yes" in line


@pytest.mark.usefixtures("fake")
def test_models_that_lie_here_are_checked_and_others_are_not(models_dir: Path) -> None:
    assert checked(models_dir, ModelSettings()) == []
    typed("pull", NAME, "--json")
    (check,) = checked(models_dir, ModelSettings())
    assert (check.name, check.verdict) == (NAME, Verdict.OK)
    assert check.found.startswith("3 files, ") and check.found.endswith(f"as at {COMMIT[:12]}")


@pytest.mark.usefixtures("fake")
def test_a_file_that_changed_is_told_with_the_way_out(models_dir: Path) -> None:
    typed("pull", NAME, "--json")
    (models_dir / NAME / WEIGHTS).write_bytes(FILES[WEIGHTS][:-1] + b"?")
    (check,) = checked(models_dir, ModelSettings())
    assert check.verdict is Verdict.ERROR
    assert WEIGHTS in check.found and "changed since" in check.found
    assert check.remedy.startswith(f"run `reelwear models pull {NAME}`")


def test_a_model_in_use_that_is_not_here_is_wrong(models_dir: Path) -> None:
    (check,) = checked(models_dir, ModelSettings(people="rf-detr-seg-medium"))
    assert (check.name, check.verdict) == ("rf-detr-seg-medium", Verdict.ERROR)
    assert "is not there" in check.found and "models pull rf-detr-seg-medium" in check.remedy


def test_a_setting_that_names_no_model_is_wrong(models_dir: Path) -> None:
    (check,) = checked(models_dir, ModelSettings(embedder="gpt2"))
    assert (check.name, check.verdict) == ("gpt2", Verdict.ERROR)
    assert "known: grounding-dino-tiny" in check.found


@pytest.mark.usefixtures("fake")
def test_the_check_fails_for_a_damaged_model(
    models_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typed("pull", NAME, "--json")
    (models_dir / NAME / "config.json").unlink()
    capsys.readouterr()
    assert typed("check", "--json", "--data", str(tmp_path)) == ExitCode.FAILED
    checks = json.loads(capsys.readouterr().out)["checks"]
    assert [check["name"] for check in checks if check["verdict"] == "error"] == [NAME]


@pytest.mark.parametrize(("served_version", "verdict"), [("", Verdict.OK), ("000000000000", Verdict.ERROR)])
def test_a_server_should_serve_the_large_models_that_lie_here(
    models_dir: Path, served_version: str, verdict: Verdict
) -> None:
    bring(models_dir / NAME)
    version = served_version or listed(models_dir, ModelSettings(segmenter=NAME)).version or ""
    info = ModelInfo(role="segmenter", name=NAME, version=version, licence="Apache-2.0", device="cuda")
    app = FastAPI()
    app.get("/v1/models")(lambda: ModelsAnswer(models=(info,)))
    with served(app) as port:
        chosen = ModelSettings(segmenter=NAME, model_server_url=f"http://127.0.0.1:{port}")
        check = check_server(chosen, ModelList(models=(), large=list_large(models_dir, chosen)))
    assert check.verdict is verdict and f"{NAME}@{version}" in check.found


def test_a_server_that_does_not_run_is_compared_with_nothing(models_dir: Path) -> None:
    chosen = ModelSettings(segmenter=NAME, model_server_url="http://127.0.0.1:9")
    shelf = ModelList(models=(), large=list_large(models_dir, chosen))
    assert check_server(chosen, shelf).verdict is Verdict.OK

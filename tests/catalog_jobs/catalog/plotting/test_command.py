"""`catalog plot` as it is typed."""

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest
import typer

from catalog_jobs.catalog.plotting.command import plot
from catalog_jobs.catalog.plotting.extras import has
from catalog_jobs.catalog.plotting.job import everything
from catalog_jobs.catalog.plotting.options import MapOptions, Method, PlotOptions, Subject
from functions.cli.exits import ExitCode, run
from infra.records.store import Records
from tests.catalog_jobs.catalog.plotting.drawing import pixels
from tests.catalog_jobs.catalog.plotting.pages import outside_links, read_page
from tests.catalog_jobs.catalog.plotting.shop import fill_products, fill_reels


@pytest.fixture(autouse=True)
def _no_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """No store of this machine is asked for pictures."""
    monkeypatch.setenv("REELWEAR_S3_URL", "http://127.0.0.1:9")


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.command()(plot)
    app.command(name="other")(lambda: None)
    return app


def typed(data: Path, *more: str) -> list[str]:
    return ["plot", "--data", str(data), *more]


def test_the_report_is_one_document_that_names_what_was_written(
    app: typer.Typer, shop: Records, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop
    assert run(app, typed(data, "--method", "pca", "--sample", "10", "--seed", "3", "--json")) == ExitCode.OK
    shown = capsys.readouterr()
    report = json.loads(shown.out)
    assert shown.err == ""
    folder = data / "catalog" / "plots"
    assert report["folder"] == str(folder)
    for one in report["files"]:
        assert (folder / one["name"]).stat().st_size == one["bytes"] > 0
    (subject,) = report["subjects"]
    assert (subject["points"], subject["total"], subject["embedder"]) == ({"product": 10}, 24, "looks@1")
    assert (subject["colored_by"], subject["pictures"], subject["without_picture"]) == ("type", 10, 0)
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_the_table_names_files_with_their_sizes_and_steps_go_to_stderr(
    app: typer.Typer, shop: Records, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop
    assert run(app, typed(data, "--of", "texts", "--method", "pca", "--out", str(tmp_path / "o"))) == ExitCode.OK
    shown = capsys.readouterr()
    assert "texts 24 texts" in shown.out
    assert "texts_pca_2d.html" in shown.out
    assert "kB" in shown.out
    assert "mapping texts by PCA 2D" in shown.err


def test_the_same_run_again_writes_the_same_page(
    app: typer.Typer, shop: Records, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop
    pages = []
    for _ in range(2):
        assert run(app, typed(data, "--method", "pca", "--color", "color", "--json")) == ExitCode.OK
        pages.append((data / "catalog" / "plots" / "products_pca_2d.html").read_bytes())
    assert pages[0] == pages[1]
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["subjects"][0]["colored_by"] == "colour"


def test_everything_is_each_subject_that_has_vectors_and_all_of_them_together(records: Records, data: Path) -> None:
    options = PlotOptions(Subject.ALL, (MapOptions(Method.PCA),), sample=5)
    fill_products(records, data / "pictures", each=1)
    assert [one.subject.value for one in everything(records, options)] == ["products", "texts", "all"]
    assert {(one.sample, one.duplicate_cosine, one.has_heatmap) for one in everything(records, options)} == {
        (5, 0.95, has("SciPy"))
    }
    fill_reels(records, videos=1)
    subjects = [one.subject.value for one in everything(records, options)]
    assert subjects == ["products", "texts", "items", "frames", "videos", "all"]


def test_everything_is_drawn_and_linked_from_one_page(
    app: typer.Typer, records: Records, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("umap", reason="all methods: pip install 'reelwear[jobs]'")
    fill_products(records, data / "catalog" / "pictures", each=4)
    assert run(app, typed(data, "--everything", "--of", "products", "--json")) == ExitCode.OK
    report = json.loads(capsys.readouterr().out)
    assert [one["subject"] for one in report["subjects"]] == ["products"]
    maps = [(one["method"], one["dims"]) for one in report["subjects"][0]["maps"]]
    assert maps == [("tsne", 2), ("pca", 2), ("umap", 2), ("tsne", 3)]
    folder = data / "catalog" / "plots"
    names = {one["name"] for one in report["files"]}
    for kind in ("heatmap.png", "neighbours_1.png", "duplicates.json", "duplicates.csv", "outliers_1.png"):
        assert f"products_{kind}" in names
    index = read_page(folder / "index.html")
    linked = {unquote(one["href"] or "") for one in index.all("a") if not (one["href"] or "").startswith("#")}
    assert linked == names
    assert all((folder / name).is_file() for name in linked)
    assert outside_links((folder / "index.html").read_text()) == []
    assert index.scripts == []
    tabs = [one for one in read_page(folder / "products.html").all("button") if "data-map" in one]
    assert len(tabs) == 4
    assert pixels(folder / "products_umap_2d.png").std() > 5


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        (["--perplexity", "many"], "neither auto nor a number above 1", ExitCode.USAGE),
        (["--perplexity", "nan"], "neither auto nor a number above 1", ExitCode.USAGE),
        (["--perplexity", "100"], "which must be below 24", ExitCode.USAGE),
        (["--dims", "4"], "less than or equal to 3", ExitCode.USAGE),
        (["--duplicates", "1.5"], "less than or equal to 1", ExitCode.USAGE),
        (["--of", "items", "--method", "pca"], "`reelwear drop` a reel for items", ExitCode.NOT_FOUND),
        (["--embedder", "none@1"], "none@1 has no vectors of products", ExitCode.NOT_FOUND),
        (["--neighbours-sheet", "3", "--among", "items"], "has no vectors of items", ExitCode.NOT_FOUND),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_the_way_out(
    app: typer.Typer,
    records: Records,
    data: Path,
    arguments: list[str],
    words: str,
    code: ExitCode,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("sklearn", reason="t-SNE: pip install 'reelwear[jobs]'")
    fill_products(records, data / "catalog" / "pictures")
    assert run(app, typed(data, *arguments, "--json")) == code
    assert words in json.loads(capsys.readouterr().out)["error"]["message"]


def test_an_empty_shop_is_no_fault_but_said(
    app: typer.Typer, records: Records, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert records
    assert run(app, typed(data)) == ExitCode.NOT_FOUND
    assert "reelwear catalog index" in capsys.readouterr().err


def test_a_folder_that_is_a_file_is_named(
    app: typer.Typer, shop: Records, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop
    (tmp_path / "taken").write_text("mine")
    assert run(app, typed(data, "--method", "pca", "--out", str(tmp_path / "taken"), "--json")) == ExitCode.NOT_FOUND
    assert "taken" in json.loads(capsys.readouterr().out)["error"]["message"]
    assert (tmp_path / "taken").read_text() == "mine"


def without(packages: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process in which some packages cannot be imported."""
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({packages.split()!r}));"
        "import typer; from catalog_jobs.catalog.plotting.command import plot; from functions.cli.exits import run;"
        "app = typer.Typer(); app.command()(plot); app.command(name='other')(lambda: None);"
        f"sys.exit(run(app, {list(arguments)!r}))"
    )
    return subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=120)


def test_the_base_install_draws_the_page_by_pca_and_names_what_is_missing(shop: Records, data: Path) -> None:
    assert shop
    done = without("matplotlib sklearn umap scipy", *typed(data, "--duplicates", "0.9", "--outliers", "3", "--json"))
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert {Path(one["name"]).suffix for one in report["files"]} == {".html", ".json", ".csv"}
    assert report["subjects"][0]["maps"][0]["method"] == "pca"
    notes = " ".join(report["subjects"][0]["notes"])
    assert "t-SNE needs scikit-learn" in notes
    assert "PNGs need matplotlib" in notes
    assert "pip install 'reelwear[jobs]'" in notes


@pytest.mark.parametrize(
    ("packages", "arguments", "words"),
    [
        ("umap", ("--method", "umap"), "a map by UMAP needs umap-learn"),
        ("sklearn", ("--method", "tsne"), "a map by t-SNE needs scikit-learn"),
        ("scipy", ("--method", "pca", "--heatmap"), "the heat map needs SciPy"),
        ("matplotlib", ("--method", "pca", "--neighbours-sheet", "4"), "a sheet of neighbours needs matplotlib"),
    ],
)
def test_what_is_asked_for_by_name_and_lacks_its_package_is_refused_with_the_pip_line(
    shop: Records, data: Path, packages: str, arguments: tuple[str, ...], words: str
) -> None:
    assert shop
    done = without(packages, *typed(data, *arguments))
    assert done.returncode == ExitCode.USAGE
    assert words in done.stderr
    assert "pip install 'reelwear[jobs]'" in done.stderr
    assert not (data / "catalog" / "plots").exists()

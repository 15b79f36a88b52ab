"""`reelwear catalog`, as it is typed."""

import json
from pathlib import Path
from typing import Any

import pytest

from functions.cli.exits import ExitCode, run
from infra.local.cli import build_app
from tests.catalog_jobs.catalog.shop import product, write_images, write_products


@pytest.fixture
def shop(tmp_path: Path) -> tuple[str, str]:
    """The files of a small shop: a good dress, a top without a picture, and a row without a title."""
    products = write_products(
        tmp_path / "products.csv",
        product("101", "Wrap Dress", product_tags="Colour:Sage Green"),
        product("102", "Thing", product_type="Wibble"),
        product("103", ""),
    )
    return str(products), str(write_images(tmp_path / "images.csv", ("101", "https://c/a.jpg")))


class Typed:
    """The command with a data folder of its own."""

    def __init__(self, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.data, self.capsys = data, capsys

    def __call__(self, *words: str) -> tuple[int, str]:
        code = run(build_app(), ["catalog", *words, "--data", str(self.data)])
        return code, self.capsys.readouterr().out

    def document(self, *words: str) -> Any:
        _, out = self(*words, "--json")
        return json.loads(out)


@pytest.fixture
def typed(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Typed:
    monkeypatch.delenv("REELWEAR_RECORDS_URL", raising=False)
    return Typed(tmp_path / "data", capsys)


def test_an_import_is_told_to_people(typed: Typed, shop: tuple[str, str]) -> None:
    code, out = typed("import", shop[0], "--images", shop[1])
    assert code == ExitCode.OK
    for words in ("2 products", "2 added", "1 bad", "1 distinct picture", "it has no title", "Wibble", "products.csv"):
        assert words in out


def test_an_import_is_one_document_for_machines(typed: Typed, shop: tuple[str, str]) -> None:
    document = typed.document("import", *shop)
    assert (document["products"]["good"], document["pictures"]["distinct"], document["bad_row_count"]) == (2, 1, 1)
    assert document["bad_rows"][0] == {
        "file": "products.csv", "line": 4, "product_id": "103", "reason": "it has no title",
    }  # fmt: skip
    assert document["unmapped_types"] == [{"product_type": "Wibble", "products": 1, "by_title": 0}]


def test_a_strict_import_with_a_bad_row_fails_and_keeps_nothing(typed: Typed, shop: tuple[str, str]) -> None:
    code, out = typed("import", *shop, "--strict")
    assert (code, "nothing was kept: 1 bad rows" in out) == (ExitCode.FAILED, True)
    assert typed.document("stats")["products"] == 0


def test_the_catalogue_is_counted(typed: Typed, shop: tuple[str, str]) -> None:
    typed("import", *shop, "--currency", "inr")
    document = typed.document("stats")
    assert (document["products"], document["pictures"], document["without_pictures"]) == (2, 1, 1)
    assert document["types"] == [{"type": "dress", "products": 1}, {"type": "", "products": 1}]
    assert (document["colors"], document["prices"]) == ({"green": 1}, {"INR": ["999.00", "999.00"]})
    assert document["to_embed"] == {"texts": 2, "pictures": 1}
    code, out = typed("stats")
    assert (code, "dress 1" in out) == (ExitCode.OK, True)


def test_one_product_is_shown(typed: Typed, shop: tuple[str, str]) -> None:
    typed("import", *shop)
    document = typed.document("sample")
    assert (document["total_items"], document["first_product"]["id"]) == (2, "101")
    assert document["first_product"]["color"] == {"name": "sage", "basic": "green"}
    assert typed.document("sample", "102")["first_product"]["title"] == "Thing"
    assert "Wrap Dress" in typed("sample")[1]


def test_a_product_that_is_not_there_is_said_to_be_so(typed: Typed) -> None:
    code, out = typed("sample", "--json")
    assert (code, json.loads(out)["error"]["code"]) == (ExitCode.NOT_FOUND, "not_found")
    assert "the catalogue is empty" in out
    assert "no product has the id 'x'" in typed("sample", "x", "--json")[1]


def test_the_catalogue_is_written_back(typed: Typed, shop: tuple[str, str], tmp_path: Path) -> None:
    typed("import", *shop)
    document = typed.document("export", str(tmp_path / "out.json"))
    assert document == {
        "format": "catalog-json", "files": [str(tmp_path / "out.json")], "products": 2, "pictures": 1,
    }  # fmt: skip
    code, out = typed("export", str(tmp_path / "out"), "--format", "two-files")
    assert (code, "2 products with 1 pictures" in out) == (ExitCode.OK, True)
    assert (tmp_path / "images.csv").read_text() == "id,image_url\n101,https://c/a.jpg\n"


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (("import", "none.csv"), ExitCode.NOT_FOUND, "none.csv cannot be read"),
        (("import", "x.csv", "--currency", "rupee"), ExitCode.USAGE, "no code of ISO 4217"),
        (("import", "x.csv", "--format", "excel"), ExitCode.USAGE, "excel"),
        (("export", "x.pdf"), ExitCode.USAGE, "x.pdf ends in none of"),
        (("export", "x.csv", "--format", "pdf"), ExitCode.USAGE, "pdf is none of two-files"),
    ],
)
def test_wrong_usage_is_answered_by_name(typed: Typed, words: tuple[str, ...], code: ExitCode, reason: str) -> None:
    found, out = typed(*words, "--json")
    assert found == code
    assert reason in json.loads(out)["error"]["message"]


def test_nothing_is_evaluated_by_a_terminal(typed: Typed, tmp_path: Path) -> None:
    path = write_products(tmp_path / "p.csv", product("1", "Dress", product_type="\x1b[31m[bold]Wibble[/bold]"))
    _, out = typed("import", str(path))
    assert "\x1b" not in out
    assert "[bold]Wibble[/bold]" in out

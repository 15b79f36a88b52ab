"""`catalog fetch` over products in the records, as it is typed."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
import typer
from sqlalchemy import select

from catalog_jobs.catalog.fetching.command import fetch
from catalog_jobs.catalog.importing import ImportOptions, import_files
from functions.cli.exits import ExitCode, run
from infra.records.store import Records
from infra.records.tables import ProductImageRow
from infra.settings import Settings
from tests.catalog_jobs.catalog.fetching.drawn import CMYK_JPEG, drawn
from tests.catalog_jobs.catalog.fetching.shop import Served, Shop

COLUMNS = (
    "id,title,description,product_type,alias,mrp,price_display_amount,discount_percentage,product_tags,"
    "product_collections"
)
PRODUCTS = f"""{COLUMNS}
7,Linen Dress,A dress,Dress,linen-dress,100.00,80.00,20,"Colour:Red, Fabric:Linen",Summer
8,Silk Top,A top,Top,silk-top,50.00,50.00,0,Colour:Blue,Summer
9,Gift Card,Money,Gift Card,gift-card,50.00,50.00,0,,
"""


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.command()(fetch)
    app.command(name="other")(lambda: None)
    return app


@pytest.fixture
def records(shop: Shop, tmp_path: Path) -> Iterator[Records]:
    """Three products: one with two pictures, one with a good one and a page, one with none."""
    (tmp_path / "local.png").write_bytes(drawn(".png"))
    urls = {
        "a_1600x": shop.serve("/a_1600x.jpg", Served(drawn())),
        "cmyk": shop.serve("/cmyk.jpg", Served(CMYK_JPEG)),
        "page": shop.serve("/page.jpg", Served(b"<html>")),
    }
    rows = f"id,image_url\n7,{urls['a_1600x']}\n7,local.png\n8,{urls['cmyk']}\n8,{urls['page']}\n"
    (tmp_path / "products.csv").write_text(PRODUCTS)
    (tmp_path / "images.csv").write_text(rows)
    data = tmp_path / "data"
    data.mkdir()
    records = Records(Settings.load(data).records_url)
    try:
        records.migrate()
        import_files(records, [tmp_path / "products.csv"], ImportOptions(tmp_path / "images.csv"), lambda *_: None)
        yield records
    finally:
        records.close()


def arguments(tmp_path: Path, *more: str) -> list[str]:
    return ["fetch", "--data", str(tmp_path / "data"), "--allow-host", "127.0.0.1", *more]


def test_the_catalogue_is_fetched_and_its_digests_are_noted(
    app: typer.Typer, records: Records, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(app, arguments(tmp_path, "--json")) == ExitCode.OK
    report = json.loads(capsys.readouterr().out)
    assert (report["pictures"], report["fetched"], report["copied"], report["failed"]) == (4, 2, 1, 1)
    assert report["reasons"] == {"wrong_type": 1}
    assert [(one["product_id"], one["attempts"]) for one in report["failures"]] == [("8", 1)]
    assert "CMYK" in report["notes"][0]["message"]
    pictures = tmp_path / "data" / "catalog" / "pictures"
    assert (pictures / "product_7" / "7_001.png").read_bytes() == drawn(".png")
    info = json.loads((pictures / "product_7" / "product_info.json").read_text())
    assert (info["title"], info["mrp"], info["tags"][0]) == ("Linen Dress", "100.00", "Colour:Red")
    assert [one["file"] for one in info["pictures"]] == ["7_000.jpg", "7_001.png"]
    assert json.loads((pictures / "product_9" / "product_info.json").read_text())["pictures"] == []
    with records.transaction() as session:
        digests = set(session.scalars(select(ProductImageRow.content_hash)))
    assert digests == {None, *(sha256(one).hexdigest() for one in (drawn(), drawn(".png"), CMYK_JPEG))}


def test_a_second_fetch_has_nothing_to_do_but_what_failed(
    app: typer.Typer, records: Records, shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert records
    run(app, arguments(tmp_path, "--json"))
    capsys.readouterr()
    shop.asked.clear()
    assert run(app, arguments(tmp_path)) == ExitCode.OK
    shown = capsys.readouterr().out
    assert shop.paths() == ["/page.jpg"]
    assert "4 pictures  3 kept  1 failed" in shown
    assert all(words in shown for words in ("wrong_type", "an HTML page", "/page.jpg"))


def test_strictness_and_failures_alone_are_exit_code_1(
    app: typer.Typer, records: Records, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert records
    assert run(app, arguments(tmp_path, "--strict")) == ExitCode.FAILED
    to = str(tmp_path / "elsewhere")
    assert run(app, ["fetch", "--data", str(tmp_path / "data"), "--to", to, "--product", "8"]) == ExitCode.FAILED
    assert "refused_address" in capsys.readouterr().out
    assert run(app, arguments(tmp_path, "--to", to, "--product", "9", "--json")) == ExitCode.OK
    assert json.loads(capsys.readouterr().out)["pictures"] == 0

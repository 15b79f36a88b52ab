from decimal import Decimal
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import inspect, select

from infra.records.store import MIGRATIONS, Records
from infra.records.tables import ProductImageRow, ProductRow

CATALOGUE = {"catalog_imports", "products", "product_images"}


def opened(folder: Path) -> Records:
    records = Records(f"sqlite:///{folder / 'records.sqlite'}")
    records.migrate()
    return records


def product(records: Records, price: Decimal | None) -> ProductRow:
    now = records.now()
    return ProductRow(
        product_id="1", title="", description="", product_type="", types=["top"], alias="", price=price, tags=[],
        collections=[], facets={"color": ["Red"]}, words="", words_hash="", vector_state="pending", row_hash="",
        import_id=1, created_at=now, updated_at=now,
    )  # fmt: skip


@pytest.mark.parametrize("amount", ["0.00", "1299.00", "19.99", "1.299", "0.0001", "99999999999.99"])
def test_an_amount_comes_back_as_it_was(tmp_path: Path, amount: str) -> None:
    records = opened(tmp_path)
    with records.transaction() as session:
        session.add(product(records, Decimal(amount)))
    with records.transaction() as session:
        found = session.get_one(ProductRow, "1")
        assert (str(found.price), found.facets) == (amount, {"color": ["Red"]})
    records.close()


def test_amounts_are_compared_as_numbers(tmp_path: Path) -> None:
    records = opened(tmp_path)
    with records.transaction() as session:
        session.add(product(records, Decimal(1000)))
    with records.transaction() as session:
        ids = select(ProductRow.product_id)
        assert list(session.scalars(ids.where(ProductRow.price > Decimal("999.99")))) == ["1"]
        assert list(session.scalars(ids.where(ProductRow.price.between(Decimal(200), Decimal("999.99"))))) == []
    records.close()


def test_pictures_go_with_their_product(tmp_path: Path) -> None:
    records = opened(tmp_path)
    image = ProductImageRow(product_id="1", picture_id="a", number=0, position=0, url="u", vector_state="pending")
    with records.transaction() as session:
        session.add(product(records, None))
        session.flush()
        session.add(image)
    with records.transaction() as session:
        session.delete(session.get_one(ProductRow, "1"))
    with records.transaction() as session:
        assert list(session.scalars(select(ProductImageRow))) == []
    records.close()


def test_the_tables_of_the_catalogue_come_and_go(tmp_path: Path) -> None:
    records = opened(tmp_path)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert set(inspect(records.engine).get_table_names()) >= CATALOGUE
    with records.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0002")
    assert not CATALOGUE & set(inspect(records.engine).get_table_names())
    records.migrate()
    assert set(inspect(records.engine).get_table_names()) >= CATALOGUE
    records.close()

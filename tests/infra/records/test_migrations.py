"""Records of an older version, brought up to date with what is in them."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from infra.records.store import MIGRATIONS, Records
from infra.records.tables import ItemRow

ITEM_OF_THE_FIRST_TABLES = """
    INSERT INTO items (run_id, item_id, type, confidence, segments, crop_key, vector_state)
    VALUES ('r', '001', 'top', 0.9, '[[0, 1]]', 'crops/v/001.jpg', 'none')
"""
ITS_VIDEO = """
    INSERT INTO videos (video_id, sha256, size_bytes, created_at) VALUES ('v', 's', 1, '2026-01-01 00:00:00')
"""
ITS_RUN = """
    INSERT INTO runs (run_id, video_id, pipeline_id, models, state, caption, hashtags, vector_state, started_at,
    updated_at) VALUES ('r', 'v', 'p', '{}', 'ready', '', '[]', 'none', '2026-01-01 00:00:00', '2026-01-01 00:00:00')
"""


def at_revision(records: Records, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with records.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_items_of_the_first_tables_have_no_attributes(tmp_path: Path) -> None:
    records = Records(f"sqlite:///{tmp_path / 'records.sqlite'}")
    at_revision(records, "0001")
    with records.transaction() as session:
        for statement in (ITS_VIDEO, ITS_RUN, ITEM_OF_THE_FIRST_TABLES):
            session.execute(text(statement))
    records.migrate()
    with records.transaction() as session:
        assert session.get_one(ItemRow, ("r", "001")).attributes == {}
    records.close()

"""The catalogue's vectors, what items were matched with, and the vectors of keyframes."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "product_vectors",
        sa.Column("embedder", sa.String(length=255), nullable=False),
        sa.Column("product_id", sa.String(length=255), nullable=False),
        sa.Column("part", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("types", sa.JSON(), nullable=False),
        sa.Column("color_hex", sa.String(length=7), nullable=True),
        sa.Column("color_basic", sa.String(length=16), nullable=True),
        sa.Column("source_hash", sa.String(length=64), nullable=False),
        sa.Column("crop_file", sa.Text(), nullable=True),
        sa.Column("duplicate_of", sa.String(length=64), nullable=True),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.product_id"],
            name=op.f("fk_product_vectors_product_id_products"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("embedder", "product_id", "part", name=op.f("pk_product_vectors")),
    )
    op.create_index(op.f("ix_product_vectors_state"), "product_vectors", ["state"], unique=False)
    op.create_table(
        "catalog_indexes",
        sa.Column("embedder", sa.String(length=255), nullable=False),
        sa.Column("dimension", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("fit", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("embedder", name=op.f("pk_catalog_indexes")),
    )
    op.create_index(op.f("ix_catalog_indexes_state"), "catalog_indexes", ["state"], unique=False)
    op.create_table(
        "matches",
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("item_id", sa.String(length=16), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.String(length=255), nullable=False),
        sa.Column("part", sa.String(length=64), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("match_type", sa.String(length=8), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id", "item_id"], ["items.run_id", "items.item_id"], name="fk_matches_items", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "item_id", "rank", name=op.f("pk_matches")),
    )
    op.create_index(op.f("ix_matches_product_id"), "matches", ["product_id"], unique=False)
    op.add_column("runs", sa.Column("matched_with", sa.String(length=300), nullable=True))
    op.add_column("runs", sa.Column("match_error", sa.Text(), nullable=True))
    op.add_column("keyframes", sa.Column("vector", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("keyframes", "vector")
    op.drop_column("runs", "match_error")
    op.drop_column("runs", "matched_with")
    op.drop_index(op.f("ix_matches_product_id"), table_name="matches")
    op.drop_table("matches")
    op.drop_index(op.f("ix_catalog_indexes_state"), table_name="catalog_indexes")
    op.drop_table("catalog_indexes")
    op.drop_index(op.f("ix_product_vectors_state"), table_name="product_vectors")
    op.drop_table("product_vectors")

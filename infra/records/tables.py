"""The tables. Times are UTC; a table's owner removes its rows with it."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A time with its zone, also from SQLite, which forgets it."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Amount(TypeDecorator[Decimal]):
    """A decimal as whole ten-thousandths: exact and comparable also in SQLite, which has no decimals.

    Comes back with two decimals, or up to four where they say something.
    """

    impl = BigInteger
    cache_ok = True
    places = 4

    def process_bind_param(self, value: Decimal | None, _dialect: Dialect) -> int | None:
        """As ten-thousandths, rounded."""
        return None if value is None else int(value.scaleb(self.places).to_integral_value())

    def process_result_value(self, value: int | None, _dialect: Dialect) -> Decimal | None:
        """As it was."""
        if value is None:
            return None
        amount = Decimal(value).scaleb(-self.places)
        return amount.normalize() if value % 100 else amount.quantize(Decimal("0.01"))


class Base(DeclarativeBase):
    """All tables; JSON, time and decimal columns by annotation."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy reads this name from the class
        dict[str, Any]: JSON,
        dict[str, float]: JSON,
        dict[str, int]: JSON,
        dict[str, list[str]]: JSON,
        dict[str, str]: JSON,
        dict[str, dict[str, str | float]]: JSON,
        list[str]: JSON,
        list[float]: JSON,
        list[list[float]]: JSON,
        datetime: UtcDateTime,
        Decimal: Amount,
    }


class Upload(Base):
    """One version of one key of the bucket. Of a key, one row is `current`; later bytes supersede it.

    state: new (seen, nothing done), bound (its bytes are known as a video), superseded, removed.
    """

    __tablename__ = "uploads"
    __table_args__ = (
        Index("ix_uploads_version", "bucket", "key", "etag", unique=True),
        Index("ix_uploads_state", "state", "updated_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    bucket: Mapped[str] = mapped_column(String(255))
    key: Mapped[str] = mapped_column(String(1024))
    etag: Mapped[str] = mapped_column(String(128))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    content_type: Mapped[str] = mapped_column(String(255), default="")
    state: Mapped[str] = mapped_column(String(16))
    video_id: Mapped[str | None] = mapped_column(String(16), index=True)
    seen_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Video(Base):
    """The bytes themselves, named by their hash; what was read from their header."""

    __tablename__ = "videos"

    video_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    width: Mapped[int | None]
    height: Mapped[int | None]
    fps: Mapped[float | None]
    duration_s: Mapped[float | None]
    created_at: Mapped[datetime] = mapped_column(index=True)


class Run(Base):
    """One video under one pipeline. state: processing, ready, partial, failed.

    matched_with: the catalogue that its items were last compared with, see `CatalogIndex.name`; None where they were
    not. match_error: why they could not be, as `code: message`.
    """

    __tablename__ = "runs"

    run_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    video_id: Mapped[str] = mapped_column(ForeignKey("videos.video_id", ondelete="CASCADE"), index=True)
    pipeline_id: Mapped[str] = mapped_column(String(16))
    models: Mapped[dict[str, str]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(String(16), index=True)
    caption: Mapped[str] = mapped_column(Text, default="")
    hashtags: Mapped[list[str]] = mapped_column(default=list)
    vector: Mapped[bytes | None] = mapped_column(LargeBinary)
    vector_state: Mapped[str] = mapped_column(String(16), default="none", index=True)
    result_digest: Mapped[str | None] = mapped_column(String(64))
    started_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    matched_with: Mapped[str | None] = mapped_column(String(300))
    match_error: Mapped[str | None] = mapped_column(Text)


class Stage(Base):
    """One function's part of a run. state: pending, running, done, failed.

    attempt counts the claims; a claim may only write while its number is the latest (it is the fence).
    """

    __tablename__ = "stages"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.run_id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    attempt: Mapped[int] = mapped_column(default=0)
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    measures: Mapped[dict[str, float]] = mapped_column(default=dict)


class KeyframeRow(Base):
    """One stored frame, the shot it stands for, and later ones that show the same picture.

    vector: what the run's embedder makes of the whole frame; None until it was looked at.
    """

    __tablename__ = "keyframes"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.run_id", ondelete="CASCADE"), primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    time_s: Mapped[float]
    shot_start_s: Mapped[float]
    shot_end_s: Mapped[float]
    returns: Mapped[list[list[float]]] = mapped_column(default=list)
    width: Mapped[int]
    height: Mapped[int]
    key: Mapped[str] = mapped_column(String(255))
    vector: Mapped[bytes | None] = mapped_column(LargeBinary)


class ItemRow(Base):
    """One garment of one wearer; its vector is kept here so that the vector store can be rebuilt."""

    __tablename__ = "items"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.run_id", ondelete="CASCADE"), primary_key=True)
    item_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    type: Mapped[str] = mapped_column(String(32), index=True)
    color_name: Mapped[str | None] = mapped_column(String(64))
    color_basic: Mapped[str | None] = mapped_column(String(16))
    color_hex: Mapped[str | None] = mapped_column(String(7))
    color_share: Mapped[float | None]
    confidence: Mapped[float]
    attributes: Mapped[dict[str, dict[str, str | float]]] = mapped_column(default=dict)
    segments: Mapped[list[list[float]]]
    crop_key: Mapped[str] = mapped_column(String(255))
    vector: Mapped[bytes | None] = mapped_column(LargeBinary)
    vector_state: Mapped[str] = mapped_column(String(16), default="none", index=True)


class SightingRow(Base):
    """An item in a keyframe: its box there, its mask as COCO run lengths, its score."""

    __tablename__ = "sightings"
    __table_args__ = (
        ForeignKeyConstraint(
            ["run_id", "item_id"], ["items.run_id", "items.item_id"], ondelete="CASCADE", name="fk_sightings_items"
        ),
    )

    run_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    item_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    keyframe: Mapped[int] = mapped_column(primary_key=True)
    box: Mapped[list[float]]
    score: Mapped[float]
    mask_counts: Mapped[str | None] = mapped_column(Text)
    mask_height: Mapped[int | None]
    mask_width: Mapped[int | None]


class VibeRow(Base):
    """One vibe of a run with the evidence that gave it."""

    __tablename__ = "vibes"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.run_id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    confidence: Mapped[float]
    evidence: Mapped[list[str]]


class CatalogImport(Base):
    """One reading of a shop's files. finished_at: None while it runs, and for good if it was killed.

    counts: products and pictures by what became of them, as its report said.
    """

    __tablename__ = "catalog_imports"

    import_id: Mapped[int] = mapped_column(primary_key=True)
    files: Mapped[list[str]]
    counts: Mapped[dict[str, int]] = mapped_column(default=dict)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class ProductRow(Base):
    """One product of the catalogue. retired_at: when it had left the shop's files; None while it is sold.

    types: of the taxonomy, the leading one first. words: what the text embedder is told of it, words_hash its SHA-256;
    vector_state: pending where the words changed since they were embedded, stored otherwise. row_hash: over all that
    the file said. import_id: the last import that had it.
    """

    __tablename__ = "products"

    product_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    product_type: Mapped[str] = mapped_column(String(255))
    types: Mapped[list[str]]
    alias: Mapped[str] = mapped_column(String(255))
    price: Mapped[Decimal | None] = mapped_column(index=True)
    list_price: Mapped[Decimal | None]
    currency: Mapped[str | None] = mapped_column(String(3))
    discount_percent: Mapped[Decimal | None]
    stock: Mapped[int | None] = mapped_column(BigInteger)
    tags: Mapped[list[str]]
    collections: Mapped[list[str]]
    facets: Mapped[dict[str, list[str]]]
    color_name: Mapped[str | None] = mapped_column(String(64))
    color_basic: Mapped[str | None] = mapped_column(String(16), index=True)
    group_id: Mapped[str | None] = mapped_column(String(255), index=True)
    words: Mapped[str] = mapped_column(Text)
    words_hash: Mapped[str] = mapped_column(String(64))
    vector_state: Mapped[str] = mapped_column(String(16), index=True)
    row_hash: Mapped[str] = mapped_column(String(64))
    import_id: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    retired_at: Mapped[datetime | None] = mapped_column(index=True)


class ProductImageRow(Base):
    """One picture of a product, at whatever size and query its URL asks for.

    picture_id: of its key, the URL without size and query. number: in the name of its file, never given again.
    position: the shop's order, 0 first. folder: where a path without scheme begins. content_hash: SHA-256 of the bytes,
    None until they were fetched. vector_state: pending where the bytes are not embedded, stored otherwise. retired_at:
    when it had left the product.
    """

    __tablename__ = "product_images"

    product_id: Mapped[str] = mapped_column(ForeignKey("products.product_id", ondelete="CASCADE"), primary_key=True)
    picture_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[int]
    position: Mapped[int]
    url: Mapped[str] = mapped_column(Text)
    folder: Mapped[str | None] = mapped_column(Text)
    content_hash: Mapped[str | None] = mapped_column(String(64))
    vector_state: Mapped[str] = mapped_column(String(16), index=True)
    retired_at: Mapped[datetime | None]


class ProductVectorRow(Base):
    """What one embedder (name@version) makes of one part of a product; kept so that nothing is embedded twice.

    part: "text" for its words, a picture's id for the garment cut out of it, "<picture id>.<n>" for the n-th further
    garment of a set. kind: text or image, the name of the vector in the store. types: of the taxonomy, what the part
    shows. color_hex: measured in the cut-out; color_basic: of it, or of the shop's word. source_hash: of what was
    embedded. crop_file: the cut-out, relative to the folder of the pictures. duplicate_of: the part of the same product
    that shows the same. vector: float32, little-endian, unit length.
    state: pending (to be stored), stored, leaving (to be taken out), kept (here alone: duplicates and what is retired).
    """

    __tablename__ = "product_vectors"

    embedder: Mapped[str] = mapped_column(String(255), primary_key=True)
    product_id: Mapped[str] = mapped_column(ForeignKey("products.product_id", ondelete="CASCADE"), primary_key=True)
    part: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    types: Mapped[list[str]]
    color_hex: Mapped[str | None] = mapped_column(String(7))
    color_basic: Mapped[str | None] = mapped_column(String(16))
    source_hash: Mapped[str] = mapped_column(String(64))
    crop_file: Mapped[str | None] = mapped_column(Text)
    duplicate_of: Mapped[str | None] = mapped_column(String(64))
    vector: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(16), index=True)
    updated_at: Mapped[datetime]


class CatalogIndex(Base):
    """The catalogue as one embedder sees it. state: filling, live (one at most: what is matched against), old.

    revision: counts the times that what is stored has changed. fit: what its cosines mean, as the model server says:
    {"cutoffs": {type: Cutoffs}, "words": WordFit or null}.
    """

    __tablename__ = "catalog_indexes"

    embedder: Mapped[str] = mapped_column(String(255), primary_key=True)
    dimension: Mapped[int]
    state: Mapped[str] = mapped_column(String(16), index=True)
    revision: Mapped[int] = mapped_column(default=0)
    fit: Mapped[dict[str, Any]] = mapped_column(default=dict)
    counts: Mapped[dict[str, int]] = mapped_column(default=dict)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    @property
    def name(self) -> str:
        """What a run was matched with; another one wherever a match might come out differently."""
        return f"{self.embedder}#{self.revision}"


class MatchRow(Base):
    """A product that an item may be. rank 0 is the best; score and its parts are 0 to 1.

    match_type: exact, similar or none, of rank 0 what the document says. part: which of the product's parts came
    nearest.
    """

    __tablename__ = "matches"
    __table_args__ = (
        ForeignKeyConstraint(
            ["run_id", "item_id"], ["items.run_id", "items.item_id"], ondelete="CASCADE", name="fk_matches_items"
        ),
    )

    run_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    item_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[str] = mapped_column(String(255), index=True)
    part: Mapped[str] = mapped_column(String(64))
    score: Mapped[float]
    match_type: Mapped[str] = mapped_column(String(8))
    parts: Mapped[dict[str, float]]


class OutboxMessage(Base):
    """An event that became true in the transaction that wrote this row, until the bus has it."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(String(64), unique=True)
    topic: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]

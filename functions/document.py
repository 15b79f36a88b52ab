"""The result document: what `results/<video_id>.json`, the API and the command line all answer with."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

State = Literal["processing", "ready", "partial", "failed"]
MatchType = Literal["exact", "similar", "none"]
AttributeName = Literal["pattern", "sleeve", "length"]
Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0)]


class DocumentPart(BaseModel):
    """Frozen, documented, and strict about its fields."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, json_schema_serialization_defaults_required=True
    )


class DocumentError(DocumentPart):
    """Why a video failed, or which part of it is missing."""

    stage: str
    """The stage that gave up: split, tag, vibe, publish; or match, which is tried again by itself."""
    code: str
    """A stable word, such as `not_media`."""
    message: str
    """What was wrong, which value, which limit, and what to do."""


class Source(DocumentPart):
    """The upload that this document answers."""

    bucket: str
    key: str
    etag: str
    """The object's etag, without quotes."""
    size_bytes: Annotated[int, Field(ge=0)]
    content_type: str = ""


class Span(DocumentPart):
    """A stretch of time on the presentation clock."""

    start_s: Seconds
    end_s: Seconds


class KeyframeEntry(DocumentPart):
    """The frame that stands for one shot."""

    index: Annotated[int, Field(ge=0)]
    time_s: Seconds
    shot: Span
    url: str
    """The picture's key in the source's bucket; the API answers with its bytes at `/v1/objects/<key>`."""


class VibeEntry(DocumentPart):
    """A mood of the video, with what gave it away."""

    name: str
    confidence: Share
    evidence: tuple[str, ...] = ()
    """The words that spoke for it, as they stand in the caption."""


class ColorEntry(DocumentPart):
    """The leading colour of a garment, taken from the pixels of its mask."""

    name: str
    hex: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
    share: Share
    """Share of the garment's pixels that have this colour."""


class AttributeEntry(DocumentPart):
    """What a garment is like in one respect."""

    value: str
    """Of `pattern`: solid, striped, checked, floral, dotted, graphic; of `sleeve`: none, short, long; of `length`:
    short, midi, long."""
    confidence: Share


class SightingEntry(DocumentPart):
    """One garment in one keyframe."""

    keyframe: Annotated[int, Field(ge=0)]
    """Index of the keyframe."""
    box: tuple[float, float, float, float]
    """x0, y0, x1, y1 in pixels of the keyframe as shown, x to the right and y down."""
    score: Share


class Alternative(DocumentPart):
    """A catalogue product that came near, with the parts of its score."""

    product_id: str
    title: str
    score: Share
    parts: dict[str, float] = Field(default_factory=dict)
    """What multiplies to the score: image or text, color, type, each 0 to 1."""
    match_type: MatchType = "none"
    """exact from a score of 0.90 on, similar from 0.75."""
    price: Decimal | None = None
    """As the shop sells it now, written with its decimals; null where it says none."""
    currency: str | None = None
    """Its code by ISO 4217."""
    picture_url: str | None = None
    """The shop's own address of the picture that came nearest; null where words did, or the shop gave a file."""


class ProductRow(DocumentPart):
    """One garment of one wearer, however many frames it is seen in."""

    item_id: str
    type: str
    """A garment type of the taxonomy."""
    color: ColorEntry | None = None
    attributes: dict[AttributeName, AttributeEntry] = Field(default_factory=dict)
    """What is sure of its pattern, sleeves and length; empty where nothing is."""
    confidence: Share
    segments: tuple[Span, ...] = ()
    """The shots in which it is worn."""
    sightings: tuple[SightingEntry, ...] = ()
    crop_url: str | None = None
    """The key of its best crop in the source's bucket, served as a keyframe's is."""
    match_type: MatchType = "none"
    matched_product_id: str | None = None
    """The first of the alternatives where that is exact or similar."""
    match_score: float | None = None
    alternatives: tuple[Alternative, ...] = ()
    """The products of the catalogue that came nearest, the best first, the matched one among them."""


class Analysis(DocumentPart):
    """What a reader of the whole video said of it."""

    transcript: str | None = None
    description: str | None = None


class Pipeline(DocumentPart):
    """Which models and thresholds made this result."""

    id: str
    """Hash of models, thresholds and prompts; the same video under the same id is the same run."""
    models: dict[str, str] = Field(default_factory=dict)
    """Role to name and version."""


class ResultDocument(DocumentPart):
    """What is worn in a video, when, in which colour, which product it is, and what mood it has."""

    video_id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    """First 16 hex digits of the SHA-256 of the video's bytes."""
    state: State
    error: DocumentError | None = None
    """Set where the video failed, or where a part of it is missing."""
    source: Source
    duration_s: Seconds | None = None
    width: int | None = None
    """Pixels as shown, after rotation."""
    height: int | None = None
    fps: float | None = None
    caption: str = ""
    hashtags: tuple[str, ...] = ()
    keyframes: tuple[KeyframeEntry, ...] = ()
    vibes: tuple[VibeEntry, ...] = ()
    products: tuple[ProductRow, ...] = ()
    analysis: Analysis | None = None
    pipeline: Pipeline
    timings_s: dict[str, Seconds] = Field(default_factory=dict)
    """Stage to the seconds it took."""


class DocumentList(DocumentPart):
    """One page of documents, newest upload first, and how many there are in all."""

    videos: tuple[ResultDocument, ...]
    total: Annotated[int, Field(ge=0)]


def is_tagged(document: ResultDocument) -> bool:
    """Whether the garments were looked for to the end, so that none found means none worn."""
    return document.state == "ready" or (
        document.state == "partial" and document.error is not None and document.error.stage != "tag"
    )


def document_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a written result document: every field is there."""
    schema = ResultDocument.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}

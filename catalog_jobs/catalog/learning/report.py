"""What prompts and a fine-tuning came to, as one document each."""

from catalog_jobs.catalog.report import Document


class SkippedCrop(Document):
    """A picture or cut-out without a row."""

    product_id: str
    file: str
    reason: str


class PromptsReport(Document):
    """What `reelwear catalog prompts --json` prints."""

    file: str
    rows: int
    train: int
    val: int
    products: int
    """That have a row."""
    val_products: int
    texts: int
    """Different ones."""
    templates: int
    skipped: dict[str, int]
    """Pictures and cut-outs by reason. not_cut, outdated: `catalog crop` has not looked at them, or not since they or
    the product's types changed. no_garment: it found nothing that is sold. The others are of files, or its own."""
    skipped_crops: tuple[SkippedCrop, ...]
    """The first 1,000 of them."""
    seed: int
    seconds: float


class Search(Document):
    """How well the held-out pictures are found."""

    queries: int
    recall_at_1: float
    recall_at_5: float
    median_rank: float
    """Of the first right picture; 1 is best."""
    mrr: float
    """Mean of 1/rank."""


class Validation(Document):
    """One look at the held-out products."""

    text_to_image: Search | None
    """Each caption, once, among all held-out pictures."""
    image_to_image: Search | None
    """Another picture of the same garment among all others, where a product has several; None where none has."""
    loss: float
    measure: float
    """Mean of the reciprocal ranks, of both searches where there are both: what is stopped and promoted by."""


class Epoch(Document):
    """One time through the training rows."""

    epoch: int
    train_loss: float
    validation: Validation
    is_best: bool
    seconds: float


class Gain(Document):
    """How the measure changed, with its 95 % interval over held-out products and variant groups drawn anew."""

    before: float
    after: float
    by: float
    low: float
    high: float
    kin: int
    """Held-out products and variant groups."""


class Promotion(Document):
    """Whether the trained model took the place of the one before, and why."""

    promoted: bool
    reason: str
    gain: Gain | None
    folder: str | None
    """Where the model lies; None where none was written."""
    least_cosine: float | None
    """Between what was trained and what the model server makes of the folder, of pictures and texts."""
    cosine_to_before: float | None
    """Mean cosine between the vectors of held-out pictures before and after: how far the space has turned."""


class FinetuneReport(Document):
    """What `reelwear catalog finetune --json` prints, and report.json holds."""

    model: str
    family: str
    version: str
    """Of the model that it started from."""
    prompts: str
    train_rows: int
    val_rows: int
    train_products: int
    val_products: int
    skipped: dict[str, int]
    """Rows that were left out, by reason."""
    device: str
    precision: str
    rate: float
    temperature: float
    """At the end."""
    options: dict[str, int | float | str | bool | None]
    before: Validation
    after: Validation
    """Of the best epoch; the same as before where none was better."""
    best_epoch: int
    """0 is the model as it came."""
    epochs: tuple[Epoch, ...]
    stopped: str
    """done, patience, minutes or interrupted."""
    promotion: Promotion
    how_to_use: tuple[str, ...]
    notes: tuple[str, ...]
    seconds: float
    """Of this run; earlier ones that it went on from are not in it."""

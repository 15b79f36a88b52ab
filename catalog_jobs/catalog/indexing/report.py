"""What an indexing did, as a document: what was embedded, what was kept, and every part that has no vector, and why."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Final

from catalog_jobs.catalog.indexing.parts import Failure, Kind, Part
from catalog_jobs.catalog.report import Document

# The report of a catalogue whose pictures all fail shall be readable too; the rest is counted.
MAX_TOLD_FAILURES: Final = 1_000


class KindCounts(Document):
    """Of each kind of vector."""

    images: int = 0
    texts: int = 0


class PictureCounts(Document):
    """Pictures of sold products that nothing could be embedded of."""

    not_fetched: int = 0
    """`reelwear catalog fetch` brings them."""
    not_cut: int = 0
    """`reelwear catalog crop` cuts them."""
    unusable: int = 0
    """They were looked at, and have no garment of the product to embed, or cannot be read."""


class PartFailure(Document):
    """A part that could not be embedded now."""

    product_id: str
    part: str
    reason: str
    message: str


class Stopped(Document):
    """Why a run ended before its products did. code: interrupted, disk_full, model_server_down, …"""

    code: str
    message: str


class IndexReport(Document):
    """What an indexing came to."""

    embedder: str
    """As name@version."""
    via: str
    """Where it ran: server, here or ray."""
    products: int
    """Sold ones that were looked at."""
    embedded: KindCounts
    kept: KindCounts
    """Embedded before, and not again."""
    failed: int
    reasons: Mapping[str, int]
    """Failures by reason, the most frequent first."""
    failures: tuple[PartFailure, ...]
    """The first thousand."""
    pictures: PictureCounts
    has_texts: bool
    """False where the embedder has no text tower, so that words were left out."""
    counts: Mapping[str, int]
    """Of the index: products with a vector, images, texts, duplicates, and without_vectors, sold products that have
    none."""
    seconds: float
    per_second: float
    """Parts embedded a second."""
    stopped: Stopped | None = None


@dataclass(frozen=True)
class Progress:
    """How far a run is. total: parts to be embedded, by what is known so far; kept ones are in neither."""

    done: int
    total: int
    failed: int


class Tally:
    """Counts while the run goes on. expected: parts that were thought to be embedded before it began."""

    def __init__(self, expected: int) -> None:
        self.expected = expected
        self.products = 0
        self.embedded: Counter[Kind] = Counter()
        self.kept: Counter[Kind] = Counter()
        self.pictures: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.failures: list[PartFailure] = []
        self._began_s = monotonic()

    def came(self, part: Part) -> None:
        """A part has its vector."""
        self.embedded[part.kind] += 1

    def failed(self, part: Part, failure: Failure) -> None:
        """A part has none."""
        self.reasons[failure.reason] += 1
        if len(self.failures) < MAX_TOLD_FAILURES:
            told = PartFailure(
                product_id=part.product_id, part=part.name, reason=failure.reason, message=failure.message
            )
            self.failures.append(told)

    @property
    def progress(self) -> Progress:
        """How far the run is."""
        failed = self.reasons.total()
        done = self.embedded.total() + failed
        return Progress(done=done, total=max(done, self.expected), failed=failed)

    def report(
        self, embedder: str, via: str, has_texts: bool, counts: Mapping[str, int], stopped: Stopped | None
    ) -> IndexReport:
        """The document; failures in the order of product and part."""
        seconds = monotonic() - self._began_s
        return IndexReport(
            embedder=embedder,
            via=via,
            products=self.products,
            embedded=_kinds(self.embedded),
            kept=_kinds(self.kept),
            failed=self.reasons.total(),
            reasons=dict(self.reasons.most_common()),
            failures=tuple(sorted(self.failures, key=lambda one: (one.product_id, one.part))),
            pictures=PictureCounts.model_validate(self.pictures),
            has_texts=has_texts,
            counts=counts,
            seconds=round(seconds, 3),
            per_second=round(self.embedded.total() / max(seconds, 1e-6), 2),
            stopped=stopped,
        )


def _kinds(counted: Counter[Kind]) -> KindCounts:
    return KindCounts(images=counted[Kind.IMAGE], texts=counted[Kind.TEXT])

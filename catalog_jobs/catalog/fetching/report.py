"""What a fetch did, as a document: how many of each kind, and every failure with its reason."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic

from pydantic import BaseModel, ConfigDict

from catalog_jobs.catalog.fetching.faults import PictureFault, Reason
from catalog_jobs.catalog.pictures import Picture


class Outcome(StrEnum):
    """How a picture that is here came to be: fetched or copied now, unchanged by its server's word, kept unasked."""

    FETCHED = "fetched"
    COPIED = "copied"
    UNCHANGED = "unchanged"
    KEPT = "kept"


class Document(BaseModel):
    """The parts of the report are frozen."""

    model_config = ConfigDict(frozen=True)


class Failure(Document):
    """A picture that is not here, or not as its server has it now. attempts: how often its server was asked."""

    product_id: str
    number: int
    url: str
    reason: Reason
    message: str
    attempts: int


class Note(Document):
    """What is to be known of a picture that came now, or without a number of a product."""

    product_id: str
    number: int | None = None
    url: str | None = None
    message: str


class Stopped(Document):
    """Why a run ended before its pictures did. code: interrupted or disk_full."""

    code: str
    message: str


class FetchReport(Document):
    """What `reelwear catalog fetch --json` answers. pictures: asked for so far. bytes: of those that came now.
    failed: failures by reason.
    """

    folder: str
    pictures: int
    fetched: int
    copied: int
    unchanged: int
    kept: int
    failed: int
    bytes: int
    seconds: float
    reasons: Mapping[str, int]
    failures: tuple[Failure, ...]
    notes: tuple[Note, ...]
    stopped: Stopped | None = None


@dataclass(frozen=True)
class Progress:
    """How far a run is. total: None where nobody knows."""

    done: int
    total: int | None
    failed: int
    came: int
    bytes: int


class Tally:
    """Counts while the run goes on."""

    def __init__(self, total: int | None) -> None:
        self.outcomes: Counter[Outcome] = Counter()
        self.failures: list[Failure] = []
        self.notes: list[Note] = []
        self.bytes = 0
        self._total = total
        self._began_s = monotonic()

    def came(self, picture: Picture, outcome: Outcome, size_bytes: int = 0, notes: tuple[str, ...] = ()) -> None:
        """A picture is here."""
        self.outcomes[outcome] += 1
        self.bytes += size_bytes
        self.notes += [
            Note(product_id=picture.product_id, number=picture.number, url=picture.url, message=words)
            for words in notes
        ]

    def noted(self, product_id: str, message: str) -> None:
        """Something is to be known of a product."""
        self.notes.append(Note(product_id=product_id, message=message))

    def failed(self, picture: Picture, fault: PictureFault) -> None:
        """A picture is not here."""
        self.failures.append(
            Failure(
                product_id=picture.product_id,
                number=picture.number,
                url=picture.url,
                reason=fault.reason,
                message=fault.message,
                attempts=fault.attempts,
            )
        )

    @property
    def progress(self) -> Progress:
        """How far the run is."""
        return Progress(
            done=self.outcomes.total() + len(self.failures),
            total=self._total,
            failed=len(self.failures),
            came=self.outcomes[Outcome.FETCHED] + self.outcomes[Outcome.COPIED],
            bytes=self.bytes,
        )

    def report(self, folder: str, stopped: Stopped | None) -> FetchReport:
        """The document; failures in the order of product and number, whatever order they befell in."""
        failures = sorted(self.failures, key=lambda one: (one.product_id, one.number))
        reasons = Counter(one.reason.value for one in failures)
        return FetchReport(
            folder=folder,
            pictures=self.outcomes.total() + len(failures),
            fetched=self.outcomes[Outcome.FETCHED],
            copied=self.outcomes[Outcome.COPIED],
            unchanged=self.outcomes[Outcome.UNCHANGED],
            kept=self.outcomes[Outcome.KEPT],
            failed=len(failures),
            bytes=self.bytes,
            seconds=round(monotonic() - self._began_s, 3),
            reasons=dict(reasons.most_common()),
            failures=tuple(failures),
            notes=tuple(sorted(self.notes, key=lambda one: (one.product_id, one.number or 0))),
            stopped=stopped,
        )

"""What a crop did, as a document: how many of each kind, and every failure with its reason."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic

from pydantic import BaseModel, ConfigDict

from catalog_jobs.catalog.cropping.batch import Outcome
from catalog_jobs.catalog.cropping.choosing import Source
from catalog_jobs.catalog.cropping.faults import Reason
from catalog_jobs.catalog.cropping.options import Where

Sources = tuple[tuple[str, Source], ...]


class Document(BaseModel):
    """The parts of the report are frozen."""

    model_config = ConfigDict(frozen=True)


class Failure(Document):
    """A picture that is not cut."""

    product_id: str
    number: int
    reason: Reason
    message: str


class Stopped(Document):
    """Why a run ended before its pictures did: interrupted, or the code of an error."""

    code: str
    message: str


class CropReport(Document):
    """What `reelwear catalog crop --json` answers.

    ran: where the models ran. pictures: of sold products with a type, looked at so far. done: cut now. kept: cut
    before. not_fetched: `reelwear catalog fetch` brings them. sources: sold garments by how they were found, of done
    and kept pictures. products_without_cut: with a type, but no picture that is cut. reasons: failures by reason.
    success_rate: of the pictures that are here, how many are cut; None of none. seconds_a_picture: of those cut now.
    """

    folder: str
    model: str
    ran: Where
    products: int
    pictures: int
    done: int
    kept: int
    failed: int
    not_fetched: int
    sources: Mapping[Source, int]
    products_without_type: int
    products_without_picture: int
    products_without_cut: int
    success_rate: float | None
    seconds: float
    seconds_a_picture: float | None
    pictures_per_s: float
    reasons: Mapping[Reason, int]
    failures: tuple[Failure, ...]
    stopped: Stopped | None = None


@dataclass(frozen=True)
class Progress:
    """How far a run is. total: None where nobody knows. cut: done in this run."""

    done: int
    total: int | None
    cut: int
    failed: int


@dataclass
class OpenProduct:
    """A product some of whose pictures are under way."""

    waiting: int
    has_cut: bool


class Tally:
    """Counts while the run goes on; holds failures and the products under way, and nothing else that grows."""

    def __init__(self, total: int | None) -> None:
        self.products = 0
        self.done = 0
        self.kept = 0
        self.not_fetched = 0
        self.without_type = 0
        self.without_picture = 0
        self.without_cut = 0
        self.failures: list[Failure] = []
        self.sources: Counter[Source] = Counter()
        self._total = total
        self._open: dict[str, OpenProduct] = {}
        self._began_s = monotonic()

    def came(self, product_id: str, kept: list[Sources], not_fetched: int, waiting: int) -> None:
        """A product with a type comes up: what its pictures that are cut show, and how many are to be cut."""
        self.products += 1
        self.kept += len(kept)
        self.not_fetched += not_fetched
        for sold in kept:
            self.sources.update(source for _, source in sold)
        self.without_picture += not (kept or waiting or not_fetched)
        self._open[product_id] = OpenProduct(waiting, any(kept))
        self._close(product_id)

    def ended(self, outcome: Outcome) -> None:
        """A picture was looked at."""
        product = self._open[outcome.product_id]
        product.waiting -= 1
        if outcome.reason is None:
            self.done += 1
            self.sources.update(source for _, source in outcome.sold)
            product.has_cut = product.has_cut or bool(outcome.sold)
        else:
            self.failures.append(
                Failure(
                    product_id=outcome.product_id,
                    number=outcome.number,
                    reason=outcome.reason,
                    message=outcome.message,
                )
            )
        self._close(outcome.product_id)

    def _close(self, product_id: str) -> None:
        product = self._open[product_id]
        if product.waiting == 0:
            del self._open[product_id]
            self.without_cut += not product.has_cut

    @property
    def progress(self) -> Progress:
        """How far the run is."""
        done = self.done + self.kept + self.not_fetched + len(self.failures)
        return Progress(done, self._total, self.done, len(self.failures))

    def report(self, folder: str, model: str, ran: Where, stopped: Stopped | None) -> CropReport:
        """The document; failures in the order of product and number, whatever order they befell in."""
        seconds = monotonic() - self._began_s
        failures = sorted(self.failures, key=lambda one: (one.product_id, one.number))
        here = self.done + self.kept + len(failures)
        worked = self.done + len(failures)
        return CropReport(
            folder=folder,
            model=model,
            ran=ran,
            products=self.products,
            pictures=here + self.not_fetched,
            done=self.done,
            kept=self.kept,
            failed=len(failures),
            not_fetched=self.not_fetched,
            sources={source: self.sources[source] for source in ("detected", "ground", "whole")},
            products_without_type=self.without_type,
            products_without_picture=self.without_picture,
            products_without_cut=self.without_cut,
            success_rate=round((self.done + self.kept) / here, 4) if here else None,
            seconds=round(seconds, 3),
            seconds_a_picture=round(seconds / worked, 4) if worked else None,
            pictures_per_s=round(worked / seconds, 2) if seconds > 0 else 0.0,
            reasons=dict(Counter(one.reason for one in failures).most_common()),
            failures=tuple(failures),
            stopped=stopped,
        )

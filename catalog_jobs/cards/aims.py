"""What the models are to reach, and what of it was reached."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from catalog_jobs.cards.evaluation import Evaluation
from catalog_jobs.cards.markdown import number, span, table, units
from catalog_jobs.evaluate.document import Document
from catalog_jobs.evaluate.measures.bootstrap import Interval

WANTED_DISTRACTORS: Final = 2000
WANTED_CORES: Final = 2
# An IoU over fewer photos that show the group says more of those photos than of the parser.
LEAST_PHOTOS: Final = 5
COLUMNS: Final = ("figure", "to reach", "measured", "95 % interval", "over", "reached")


@dataclass(frozen=True)
class Figure:
    """What was measured. doubt: why it cannot be held against the aim, empty where it can."""

    value: float | None
    low: float | None
    high: float | None
    over: str
    doubt: str = ""


Find = Callable[[Evaluation], Figure | None]


@dataclass(frozen=True)
class Aim:
    """One figure to reach. limit: at least, or at most. find: gives None where the evaluation lacks the part."""

    words: str
    limit: float
    is_at_least: bool
    find: Find
    digits: int = 3

    def verdict(self, figure: Figure) -> str:
        """Whether it is reached, and whether the interval leaves that open."""
        if figure.value is None:
            return "not measured"
        if figure.doubt:
            return figure.doubt
        sign = 1 if self.is_at_least else -1
        is_reached = sign * (figure.value - self.limit) >= 0
        ends = [end for end in (figure.low, figure.high) if end is not None]
        is_sure = all((sign * (end - self.limit) >= 0) == is_reached for end in ends)
        return ("yes" if is_reached else "no") + ("" if is_sure else ", within noise")


def aims_table(evaluation: Evaluation) -> str:
    """Every figure against its aim; "not measured" where the evaluation lacks it."""
    rows = []
    for aim in AIMS:
        figure = aim.find(evaluation) or Figure(None, None, None, "–")
        rows.append(
            (
                aim.words,
                f"{'≥' if aim.is_at_least else '≤'} {aim.limit:g}",
                number(figure.value, aim.digits),
                span(figure.low, figure.high, aim.digits),
                figure.over,
                aim.verdict(figure),
            )
        )
    return table(COLUMNS, rows)


def embedder_measure(name: str) -> Find:
    """A measure of the embedder by its name."""
    return lambda evaluation: measure_of(evaluation.embedder, name)


def matching_measure(name: str) -> Find:
    """A measure of matching by its name."""
    return lambda evaluation: measure_of(evaluation.matching, name)


def measure_of(document: Document | None, name: str) -> Figure | None:
    """A measure of a document; None where there is none."""
    found = document.measures.get(name) if document else None
    return figure_of(found) if found else None


def figure_of(found: Interval, doubt: str = "") -> Figure:
    """An interval as a figure."""
    return Figure(found.value, found.low, found.high, units(found.n, found.unit), doubt)


def found_again(evaluation: Evaluation) -> Figure | None:
    """recall@1 among the distractors that were asked for."""
    document = evaluation.embedder
    found = document.measures.get("instance.recall_at_1") if document else None
    if document is None or found is None:
        return None
    details: Any = document.details["instance"]
    among = int(details["distractors"])
    return figure_of(found, "" if among >= WANTED_DISTRACTORS else f"open: among {among:,} only")


def crop_time(evaluation: Evaluation) -> Figure | None:
    """Median milliseconds a crop."""
    speed: Any = evaluation.embedder.details.get("speed") if evaluation.embedder else None
    if not evaluation.embedder or not speed:
        return None
    found, cores = speed["ms_per_crop"], evaluation.embedder.model.threads
    over = f"{len(found['runs'])} batches of {speed['batch']}, {cores} threads"
    return Figure(found["median"], found["low"], found["high"], over, doubt_of_cores(cores))


def frame_time(evaluation: Evaluation) -> Figure | None:
    """Median milliseconds a frame; no interval is kept of it."""
    report = evaluation.parser
    if report is None:
        return None
    over = f"{units(report.images, 'photo')}, long side {report.long_side_px} px, {report.threads} threads"
    return Figure(report.ms_per_image.median, None, None, over, doubt_of_cores(report.threads))


def doubt_of_cores(cores: int) -> str:
    """Times are to be reached on two cores."""
    return "" if cores <= WANTED_CORES else f"open: on {cores} cores"


def mean_iou(evaluation: Evaluation) -> Figure | None:
    """Mean IoU over the groups."""
    found = evaluation.parser.intervals.get("miou") if evaluation.parser else None
    return figure_of(found) if found else None


def group_iou(group: str) -> Find:
    """IoU of one group."""

    def find(evaluation: Evaluation) -> Figure | None:
        report = evaluation.parser
        found = report.intervals.get(f"iou.{group}") if report else None
        if report is None or found is None:
            return None
        n = report.photos_with_group.get(group, 0)
        doubt = "" if n >= LEAST_PHOTOS else f"open: {units(n, 'photo')} {'shows' if n == 1 else 'show'} it"
        over = f"{n} of {units(report.images, 'photo')} show it"
        return Figure(found.value, found.low, found.high, over, doubt)

    return find


def false_items(evaluation: Evaluation) -> Figure | None:
    """Items a frame where nobody is."""
    found = evaluation.parser.negatives if evaluation.parser else None
    if found is None:
        return None
    rate = found.items_a_frame
    return Figure(rate.value, rate.low, rate.high, units(rate.frames, "picture"))


AIMS: Final = (
    Aim("zero-shot class accuracy", 0.85, True, embedder_measure("zero_shot.accuracy")),
    Aim("words → garments, first five right, by type", 0.85, True, embedder_measure("search.p_at_5.type")),
    Aim("the same by colour", 0.75, True, embedder_measure("search.p_at_5.color")),
    Aim("the same by type × colour", 0.60, True, embedder_measure("search.p_at_5.type_color")),
    Aim("one garment found again among 2,000, recall@1", 0.90, True, found_again),
    Aim("milliseconds a crop", 15, False, crop_time, digits=1),
    Aim("mean IoU", 0.55, True, mean_iou),
    *(Aim(f"IoU of {group}", 0.25, True, group_iou(group)) for group in ("jewelry", "belt", "scarf", "hat")),
    Aim("milliseconds a frame", 30, False, frame_time, digits=1),
    Aim("items a frame without people", 0.02, False, false_items),
    Aim("track purity, returning shots", 0.95, True, matching_measure("tracking.purity")),
    Aim("rows a garment, returning shots", 1.2, False, matching_measure("tracking.fragmentation")),
    Aim("the same, of garments seen again", 1.2, False, matching_measure("tracking.fragmentation_again")),
    Aim("track purity, reels", 0.95, True, matching_measure("tracking_reels.purity")),
    Aim("rows a garment, reels", 1.2, False, matching_measure("tracking_reels.fragmentation")),
)

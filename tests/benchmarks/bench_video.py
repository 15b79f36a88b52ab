"""Shots and keyframes on reels with known truth: how many cuts are found, and how fast beside decoding alone."""

import argparse
import json
import statistics
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import av
from rich.console import Console
from rich.table import Table

from functions.video.split import split
from infra.settings import VideoSettings
from tests.benchmarks.pipeline import Figure

TOLERANCE_S = 0.2
LEAST_F1 = 0.95
LEAST_RATE = 0.85
ROUNDS = 3


@dataclass(frozen=True)
class CutScore:
    """Cuts found, missed and made up."""

    hits: int
    misses: int
    extras: int

    def __add__(self, other: "CutScore") -> "CutScore":
        return CutScore(self.hits + other.hits, self.misses + other.misses, self.extras + other.extras)

    @property
    def precision(self) -> float:
        """The share of what was found that is true; 1 where nothing was found."""
        return self.hits / (self.hits + self.extras) if self.hits + self.extras else 1.0

    @property
    def recall(self) -> float:
        """The share of what is true that was found; 1 where nothing is true."""
        return self.hits / (self.hits + self.misses) if self.hits + self.misses else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(frozen=True)
class ReelScore:
    """One reel: its cuts, and in each round the rates in frames a second and their ratio."""

    name: str
    cuts: CutScore
    decode_fps: tuple[float, ...]
    split_fps: tuple[float, ...]

    @property
    def ratios(self) -> list[float]:
        """Rate of the stage over the rate of decoding alone, a round each."""
        return [ours / bare for ours, bare in zip(self.split_fps, self.decode_fps, strict=True)]


def score_cuts(found_s: Iterable[float], true_s: Iterable[float], tolerance_s: float = TOLERANCE_S) -> CutScore:
    """Match each true cut, in order, to the first cut found within the tolerance that is not taken yet."""
    left = sorted(found_s)
    true = sorted(true_s)
    hits = 0
    for cut_s in true:
        near = next((time_s for time_s in left if abs(time_s - cut_s) <= tolerance_s + 1e-6), None)
        if near is not None:
            left.remove(near)
            hits += 1
    return CutScore(hits, len(true) - hits, len(left))


def decode_only(path: Path) -> int:
    """Decode every frame with the same library and threads, and do nothing with it; how many there are."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        return sum(1 for _ in container.decode(stream))


def score_reel(path: Path, true_s: Sequence[float], settings: VideoSettings) -> ReelScore:
    """Split and decode the reel in turns, so that both meet the same load."""
    decode_fps, split_fps = [], []
    cuts = CutScore(0, 0, 0)
    for _ in range(ROUNDS):
        started = time.perf_counter()
        frames = decode_only(path)
        between = time.perf_counter()
        result = split(path, settings)
        decode_fps.append(frames / (between - started))
        split_fps.append(frames / (time.perf_counter() - between))
        cuts = score_cuts([shot.start_s for shot in result.shots[1:]], true_s)
    return ReelScore(path.stem, cuts, tuple(decode_fps), tuple(split_fps))


def score_reels(reels: Sequence[Path]) -> Iterator[ReelScore]:
    """Score reels that lie beside their truth.json (reel → shots → start_s)."""
    for path in reels:
        truth = json.loads((path.parent / "truth.json").read_text())[path.stem]
        yield score_reel(path, [shot["start_s"] for shot in truth["shots"][1:]], VideoSettings())


def keyframe_figures(reels: Sequence[Path]) -> list[Figure]:
    """The two figures of the keyframe stage."""
    return figures_of(list(score_reels(reels)))


def figures_of(scores: Sequence[ReelScore]) -> list[Figure]:
    """F1 over all cuts, and the median ratio of rates with its spread."""
    cuts = sum((score.cuts for score in scores), CutScore(0, 0, 0))
    ratios = [ratio for score in scores for ratio in score.ratios]
    ratio = statistics.median(ratios)
    count = f"{cuts.hits + cuts.misses} cuts in {len(scores)} reels"
    told = f"precision {cuts.precision:.3f}, recall {cuts.recall:.3f}, {count}"
    spread = f"{min(ratios):.2f} to {max(ratios):.2f} over {len(ratios)} rounds"
    return [
        Figure("cuts found, F1 within 0.2 s", cuts.f1, f"≥ {LEAST_F1}", cuts.f1 >= LEAST_F1, told),
        Figure("keyframe stage / decoding alone", ratio, f"≥ {LEAST_RATE}", ratio >= LEAST_RATE, spread),
    ]


def table(scores: Sequence[ReelScore]) -> Table:
    """A row a reel."""
    drawn = Table(title="Shots and keyframes", title_justify="left")
    for name in ("reel", "precision", "recall", "F1", "decode fps", "split fps", "ratio"):
        drawn.add_column(name, justify="left" if name == "reel" else "right")
    for score in scores:
        cuts = (f"{value:.3f}" for value in (score.cuts.precision, score.cuts.recall, score.cuts.f1))
        rates = (f"{statistics.median(rate):.0f}" for rate in (score.decode_fps, score.split_fps))
        drawn.add_row(score.name, *cuts, *rates, f"{statistics.median(score.ratios):.2f}")
    return drawn


def main() -> None:
    """Print a table, or with --json the raw scores and the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reels", type=Path, required=True, help="folder of reels with a truth.json")
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    arguments = parser.parse_args()
    names = json.loads((arguments.reels / "truth.json").read_text())
    scores = list(score_reels([arguments.reels / f"{name}.mp4" for name in names]))
    figures = figures_of(scores)
    console = Console()
    if arguments.json:
        document = {"reels": [asdict(score) for score in scores], "figures": [asdict(figure) for figure in figures]}
        console.print_json(data=document)
        return
    console.print(table(scores))
    for figure in figures:
        console.print(f"{figure.name}: {figure.value:.3f} (to reach {figure.target}; {figure.detail})")


if __name__ == "__main__":
    main()

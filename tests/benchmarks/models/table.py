"""From measurements to the table: what was reached, and what was to be."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.table import Table

LEAST_FPS: Final = 160.0
LEAST_OF_BARE: Final = 0.85
LEAST_OF_SEEDS: Final = 8.0
# bf16 FLOP/s that products of two matrices of 8192×8192 random numbers reach on these GPUs (SXM), whose datasheets
# promise 989 T; longer names stand first.
PEAK_FLOPS: Final = (("H200", 790e12), ("H100", 790e12))


@dataclass(frozen=True)
class Load:
    """The server under a number of clients. seconds: until the last answer. spent_s: of each answered request."""

    clients: int
    keyframes: int
    seconds: float
    spent_s: tuple[float, ...]
    failed: int = 0

    @property
    def fps(self) -> float:
        """Keyframes a second."""
        return self.keyframes / self.seconds


@dataclass(frozen=True)
class Turn:
    """One round: the server under each number of clients, then what it is held against, in keyframes a second."""

    loads: tuple[Load, ...]
    bare_fps: float
    seeds_fps: float

    @property
    def best_fps(self) -> float:
        """Of the server, whichever number of clients gave it."""
        return max(load.fps for load in self.loads)


@dataclass(frozen=True)
class Machine:
    """What was measured on. is_gpu: whether the models ran on one. versions: by package."""

    device: str
    is_gpu: bool
    versions: dict[str, str]


@dataclass(frozen=True)
class Measured:
    """A whole run. keyframe_flop: None where nobody counted them."""

    size: str
    machine: Machine
    keyframe_flop: float | None
    turns: tuple[Turn, ...]

    @property
    def is_judged(self) -> bool:
        """Whether the targets hold for it: they are those of the full size on a GPU."""
        return self.machine.is_gpu and self.size == "full"

    @property
    def limit_fps(self) -> float | None:
        """Keyframes a second that the device's arithmetic allows; None where its peak or the work is not known."""
        peak = peak_flops(self.machine.device)
        return peak / self.keyframe_flop if peak and self.keyframe_flop else None


@dataclass(frozen=True)
class Row:
    """One line. value: the median over the turns. is_reached: None where nothing is to be reached here."""

    name: str
    value: float
    unit: str
    least: float
    most: float
    target: str = ""
    is_reached: bool | None = None


def rows_of(measured: Measured) -> list[Row]:
    """The table's lines: the figures that have targets, the limit, then what they were made of."""
    turns, is_judged = measured.turns, measured.is_judged
    best = [turn.best_fps for turn in turns]
    rows = [
        judged("served through HTTP, at best", "keyframes/s", best, LEAST_FPS, is_judged),
        judged("served / bare loop", "×", [turn.best_fps / turn.bare_fps for turn in turns], LEAST_OF_BARE, is_judged),
        judged("served / seeds' way", "×", [t.best_fps / t.seeds_fps for t in turns], LEAST_OF_SEEDS, is_judged),
    ]
    limit_fps = measured.limit_fps
    if limit_fps:
        rows.append(row(f"served / physical limit of {limit_fps:.0f}/s", "%", [100 * fps / limit_fps for fps in best]))
    for place, load in enumerate(turns[0].loads):
        same = [turn.loads[place] for turn in turns]
        told = f"{load.clients} client{'' if load.clients == 1 else 's'}"
        rows.append(row(f"{told}: served", "keyframes/s", [one.fps for one in same]))
        rows += [
            row(f"{told}: p{share} of a request", "ms", [1e3 * percentile(one.spent_s, share) for one in same])
            for share in (50, 99)
        ]
    rows.append(row("bare loop", "keyframes/s", [turn.bare_fps for turn in turns]))
    rows.append(row("seeds' way", "keyframes/s", [turn.seeds_fps for turn in turns]))
    failed = sum(load.failed for turn in turns for load in turn.loads)
    return [*rows, Row("requests without an answer", failed, "", failed, failed, "0", failed == 0)]


def row(name: str, unit: str, values: Sequence[float]) -> Row:
    """A line by its values in all turns."""
    return Row(name, statistics.median(values), unit, min(values), max(values))


def judged(name: str, unit: str, values: Sequence[float], target: float, is_judged: bool) -> Row:
    """A line whose median is to be no less than a target, if it is judged here."""
    plain = row(name, unit, values)
    is_reached = plain.value >= target if is_judged else None
    return Row(plain.name, plain.value, plain.unit, plain.least, plain.most, f"≥ {target:g}", is_reached)


def percentile(values: Sequence[float], share: int) -> float:
    """The smallest of the values that `share` of a hundred do not exceed (nearest rank); NaN for none."""
    ordered = sorted(values)
    rank = -(-len(ordered) * share // 100)
    return ordered[max(rank, 1) - 1] if ordered else float("nan")


def peak_flops(device: str) -> float | None:
    """bf16 FLOP/s at best of a device by its name, None where it is not known."""
    return next((peak for name, peak in PEAK_FLOPS if name in device), None)


def drawn(measured: Measured) -> Table:
    """The table as rich prints it."""
    machine = measured.machine
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    runs = len(measured.turns)
    table = Table(
        title=f"Large models, {measured.size} size, on {machine.device}",
        caption=f"median and range of {runs} run{'' if runs == 1 else 's'}; {versions}",
        title_justify="left",
        caption_justify="left",
    )
    for name in ("figure", "median", "range", "", "to reach", ""):
        table.add_column(name, justify="right" if name in ("median", "range", "to reach") else "left")
    marks = {None: "not judged here", True: "[green]yes[/]", False: "[red]no[/]"}
    for one in rows_of(measured):
        mark = marks[one.is_reached] if one.target else ""
        span = f"{number(one.least)} to {number(one.most)}"
        table.add_row(one.name, number(one.value), span, one.unit, one.target, mark)
    return table


def number(value: float) -> str:
    """Three digits that count."""
    return f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"

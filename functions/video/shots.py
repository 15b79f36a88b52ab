"""Where shots begin: hard cuts and gradual changes, found in one pass over small pictures, soon behind the newest.

A hard cut is one step between two frames that motion cannot explain and that stands out from the steps around it.
A gradual change (dissolve, fade to or from black) is a stretch whose middle is the mean of its ends, which motion
never looks like.
"""

from bisect import bisect_left
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

import cv2
import numpy as np

from functions.video.glance import Cells, Glance

# Grey levels, summed over luma and both chroma planes. Measured on reels of zoomed and panned photographs: hard cuts
# step by 34 to 79, motion by at most 3 at 30 frames/s and 5 at 10; a gap in time lets motion go further.
STEP_FLOOR = 6.0
STEP_FLOOR_PER_S = 25.0
STEP_OVER_NEIGHBOURS = 4.0
NEIGHBOURS_S = 0.3
FLASH_S = 0.4
SAME_CUT_S = 0.15

# Measured likewise: the middle of a dissolve is off the mean of its ends by 0.04 to 0.16 of their distance, the
# middle of motion by at least 0.34.
FADE_WINDOWS_S = (0.3, 0.6, 1.2)
FADE_OFF_MEAN = 0.24
FADE_DIFFERENCE = 7.0
FADE_TESTS_EVERY_S = 1 / 16
FADE_HALF_S = 1.0
FADE_SETTLED_S = 0.9
SLOW_SHARE = 0.4
MOST_GAIN = 3.0
# Motion by one cell makes no difference between neighbouring frames, by two none over a window: what moves less looks
# like a fade in coarse cells.
NEAR = np.ones((3, 3), np.uint8)
FAR = np.ones((5, 5), np.uint8)

SETTLED_S = max(FADE_WINDOWS_S) / 2 + FADE_HALF_S + 0.1


@dataclass(frozen=True)
class Transition:
    """A change of shot. The new shot begins at `start_s`; frames from there up to `end_s` show both (none in a cut)."""

    start_s: float
    end_s: float

    @property
    def middle_s(self) -> float:
        """The time half way through."""
        return (self.start_s + self.end_s) / 2


class Range(NamedTuple):
    """A picture, and for each of its cells the least and the most that it or a cell around it shows."""

    cells: Cells
    low: Cells
    high: Cells


@dataclass(frozen=True, slots=True)
class Moment:
    """A frame and the step that led to it; `floor` is what the step must exceed to be a cut."""

    time_s: float
    near: Range
    step: float
    floor: float

    @property
    def cells(self) -> Cells:
        """The frame in little."""
        return self.near.cells

    @property
    def is_jump(self) -> bool:
        """Whether the step may be a cut."""
        return self.step > self.floor


class ShotDetector:
    """Feed it frames in order, each measured first. What lies before `settled_s` is decided: `take` hands out its
    transitions, once.
    """

    def __init__(self) -> None:
        self.settled_s = float("-inf")
        self._moments: list[Moment] = []
        self._judged = 0
        self._flashes: list[Transition] = []
        self._cuts: list[Transition] = []
        self._fades: list[Transition] = []
        self._taken_s = float("-inf")
        self._next_test_s = float("-inf")

    def measure(self, glance: Glance) -> Moment:
        """A frame and its step from the last one fed."""
        near = around(glance.cells, NEAR)
        if not self._moments:
            return Moment(glance.time_s, near, 0.0, STEP_FLOOR)
        last = self._moments[-1]
        floor = STEP_FLOOR + STEP_FLOOR_PER_S * min(glance.time_s - last.time_s, 1.0)
        return Moment(glance.time_s, near, difference(last.near, near), floor)

    def feed(self, moment: Moment) -> None:
        """Take the next frame."""
        self._moments.append(moment)
        self._judge_cuts(moment.time_s - FLASH_S)
        if moment.time_s >= self._next_test_s:
            self._next_test_s = moment.time_s + FADE_TESTS_EVERY_S
            self._find_fades()
        pending = [fade.start_s for fade in self._fades if fade.end_s > moment.time_s - FADE_SETTLED_S]
        self.settled_s = min([moment.time_s - SETTLED_S, *pending])

    def finish(self) -> None:
        """No frame follows: decide what is left."""
        self._judge_cuts(float("inf"))
        self.settled_s = float("inf")

    def take(self) -> list[Transition]:
        """The transitions settled since the last call, in order; the frames they were found in are let go."""
        merged: list[Transition] = []
        self._fades = [fade for fade in self._fades if not any(is_same_change(fade, flash) for flash in self._flashes)]
        for change in sorted([*self._cuts, *self._fades], key=lambda change: change.start_s):
            if merged and change.middle_s <= merged[-1].end_s + SAME_CUT_S / 2:
                merged[-1] = Transition(merged[-1].start_s, max(merged[-1].end_s, change.end_s))
            else:
                merged.append(change)
        settled = [change for change in merged if change.start_s < self.settled_s]
        if settled:
            keep_from_s = min((change.start_s for change in merged[len(settled) :]), default=float("inf"))
            self._cuts = [cut for cut in self._cuts if cut.start_s >= keep_from_s]
            self._fades = [fade for fade in self._fades if fade.start_s >= keep_from_s]
            self._taken_s = settled[-1].end_s
        self._flashes = [flash for flash in self._flashes if flash.end_s >= self.settled_s]
        self._forget()
        return settled

    def _forget(self) -> None:
        if not self._moments:
            return
        keep_from_s = self._moments[-1].time_s - SETTLED_S - NEIGHBOURS_S
        gone = min(self._index(keep_from_s), self._judged)
        if gone > len(self._moments) // 4:
            del self._moments[:gone]
            self._judged -= gone

    def _index(self, time_s: float) -> int:
        """Index of the first moment at or after a time."""
        return bisect_left(self._moments, time_s, key=lambda moment: moment.time_s)

    def _judge_cuts(self, until_s: float) -> None:
        while self._judged < len(self._moments) and self._moments[self._judged].time_s <= until_s:
            moment = self._moments[self._judged]
            is_in_flash = bool(self._flashes) and moment.time_s <= self._flashes[-1].end_s
            if moment.is_jump and not is_in_flash and self._stands_out(self._judged):
                flash_end_s = self._flash_end_s(self._judged)
                if flash_end_s is None:
                    self._add_cut(moment.time_s)
                else:
                    self._flashes.append(Transition(moment.time_s, flash_end_s))
            self._judged += 1

    def _stands_out(self, index: int) -> bool:
        """Whether a step is far above those within NEIGHBOURS_S of it."""
        time_s = self._moments[index].time_s
        low, high = self._index(time_s - NEIGHBOURS_S), self._index(time_s + NEIGHBOURS_S)
        around = [moment.step for i, moment in enumerate(self._moments[low:high], low) if i != index]
        return self._moments[index].step > STEP_OVER_NEIGHBOURS * median(around or [0.0])

    def _flash_end_s(self, index: int) -> float | None:
        """When the picture before a step is back, within FLASH_S; None where it does not come back."""
        time_s, before = self._moments[index].time_s, self._moments[index - 1].near
        for moment in self._moments[index + 1 : self._index(time_s + FLASH_S)]:
            if difference(before, moment.near) < STEP_FLOOR:
                return moment.time_s
        return None

    def _add_cut(self, time_s: float) -> None:
        if self._cuts and time_s - self._cuts[-1].end_s <= SAME_CUT_S:
            self._cuts[-1] = Transition(self._cuts[-1].start_s, time_s)
        else:
            self._cuts.append(Transition(time_s, time_s))

    def _find_fades(self) -> None:
        last = len(self._moments) - 1
        for window_s in FADE_WINDOWS_S:
            first = self._index(self._moments[last].time_s - window_s - 1e-6)
            if first == 0 or last - first < 4:
                continue
            middle = self._index((self._moments[first].time_s + self._moments[last].time_s) / 2 - 1e-6)
            if self._is_fade(first, middle, last):
                self._add_fade(self._extent(first, middle, last))

    def _add_fade(self, fade: Transition) -> None:
        """Keep a view of a gradual change, as one with the other views of the same change."""
        if fade.middle_s <= self._taken_s:
            return
        same = [known for known in self._fades if is_same_change(known, fade)]
        whole = Transition(min(one.start_s for one in [fade, *same]), max(one.end_s for one in [fade, *same]))
        self._fades = [known for known in self._fades if known not in same] + [whole]

    def _is_fade(self, first: int, middle: int, last: int) -> bool:
        """Whether the stretch is part of a gradual change from one picture to another."""
        before, mixed, after = (self._moments[i].cells for i in (first, middle, last))
        passed_s = self._moments[middle].time_s - self._moments[first].time_s
        share = passed_s / (self._moments[last].time_s - self._moments[first].time_s)
        off = cv2.norm(mixed, cv2.addWeighted(before, 1 - share, after, share, 0), cv2.NORM_L1)
        if off >= FADE_OFF_MEAN * cv2.norm(before, after, cv2.NORM_L1):
            return False
        change = difference(around(before, FAR), around(relit(after, before), FAR))
        largest_step = max(moment.step for moment in self._moments[first + 1 : last + 1])
        return change > FADE_DIFFERENCE and largest_step < change / 2

    def _extent(self, first: int, middle: int, last: int) -> Transition:
        """The whole change around a stretch of it: outwards from the middle for as long as frames keep moving from the
        one end's picture to the other's at a fair share of the pace that they have in the middle.
        """
        base = self._moments[middle].cells.astype(np.float32).ravel()
        way = self._moments[last].cells.astype(np.float32).ravel() - self._moments[first].cells.ravel()
        way /= float(way @ way)

        def pace(start: int, end: int) -> float:
            moved = (self._moments[end].cells.ravel() - base) @ way - (self._moments[start].cells.ravel() - base) @ way
            return float(moved) / (self._moments[end].time_s - self._moments[start].time_s)

        reach = max((last - first) // 8, 1)
        slow = SLOW_SHARE * pace(middle - reach, middle + reach)
        middle_s = self._moments[middle].time_s
        start, end, newest = middle, middle, len(self._moments) - 1
        while start > 0 and middle_s - self._moments[start].time_s < FADE_HALF_S and pace(start - 1, start) > slow:
            start -= 1
        while end < newest and self._moments[end].time_s - middle_s < FADE_HALF_S and pace(end, end + 1) > slow:
            end += 1
        return Transition(self._moments[start].time_s, self._moments[end].time_s)


def is_same_change(one: Transition, other: Transition) -> bool:
    """Whether the middle of either lies within the other."""
    return one.start_s <= other.middle_s <= one.end_s or other.start_s <= one.middle_s <= other.end_s


def around(cells: Cells, reach: Cells) -> Range:
    """A picture with its range over a neighbourhood, `NEAR` or `FAR`."""
    low, high = cv2.erode(cells, reach), cv2.dilate(cells, reach)
    return Range(cells, np.asarray(low, np.uint8), np.asarray(high, np.uint8))


def beyond(one: Range, other: Range) -> Cells:
    """By how much each cell of the other picture lies outside the range around its place in the one."""
    return np.asarray(cv2.max(cv2.subtract(other.cells, one.high), cv2.subtract(one.low, other.cells)), np.uint8)


def difference(one: Range, other: Range) -> float:
    """How far two pictures differ beyond small motion: the mean of `beyond`, the worse of both ways, summed over the
    three channels, in grey levels.
    """
    worse = max(cv2.norm(beyond(one, other), cv2.NORM_L1), cv2.norm(beyond(other, one), cv2.NORM_L1))
    return worse * 3 / one.cells.size


def relit(cells: Cells, like: Cells) -> Cells:
    """The cells with the brightness and contrast of another picture: a change of light alone is no difference."""
    rows = cells.shape[0] // 3
    mean, spread = (value.item() for value in cv2.meanStdDev(cells[:rows]))
    like_mean, like_spread = (value.item() for value in cv2.meanStdDev(like[:rows]))
    gain = min(max((like_spread + 1) / (spread + 1), 1 / MOST_GAIN), MOST_GAIN)
    lit = cells.copy()
    lit[:rows] = np.clip((cells[:rows] - mean) * gain + like_mean, 0, 255)
    return lit

"""One good frame for each stretch of a shot, chosen as the video streams by, and an album that keeps each once."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

import numpy as np

from functions.video.glance import Cells, Glance, Quality
from functions.video.jpeg import Jpeg
from functions.video.shots import NEAR, Transition, around, beyond

Picture = TypeVar("Picture")

# Shots of a reel rarely last longer than STRETCH_S; in longer ones people come and go, so each stretch has its look.
STRETCH_S = 3.5
LEAST_STRETCH_S = 1.0
HANDFUL_S = 0.3
MOST_HANDFULS = 16
EDGE_S = 0.5
EDGE_WEIGHT = 0.25
FADE_MARGIN_S = 0.07

# Two pictures are the same where next to no cell differs beyond small motion, in luma or in a chroma plane.
SAME_LUMA = 24
SAME_CHROMA = 10
SAME_SHARE = 0.006


@dataclass(frozen=True)
class Shot:
    """A span of the video, in seconds from its start; `end_s` is where the next begins."""

    start_s: float
    end_s: float


@dataclass(frozen=True, eq=False)
class Choice(Generic[Picture]):
    """The frame that stands for a stretch of a shot."""

    stretch: Shot
    glance: Glance
    picture: Picture
    rank: tuple[int, float]

    @property
    def quality(self) -> Quality:
        """What the best frame of the stretch shows."""
        return Quality(self.rank[0])


@dataclass(eq=False)
class Handful(Generic[Picture]):
    """A few neighbouring frames, of which the best is kept."""

    first_s: float
    glance: Glance
    picture: Picture

    def offer(self, glance: Glance, picture: Picture) -> None:
        """Keep a frame if it shows more, or the same more sharply."""
        if (glance.quality, glance.sharpness) > (self.glance.quality, self.glance.sharpness):
            self.glance, self.picture = glance, picture


class KeyframeChooser(Generic[Picture]):
    """Chooses one frame for each stretch of each shot: no mixed, black or blank one where there is a better, then sharp
    and away from the shot's edges. Holds the best of every HANDFUL_S until the shots there are settled, so about a
    dozen frames, however long the video is. `shots` are those ended so far; black between shots belongs to none.
    """

    def __init__(self) -> None:
        self.shots: list[Shot] = []
        self._handfuls: deque[Handful[Picture]] = deque()
        self._opening = Transition(0.0, 0.0)
        self._shot_quality = Quality.MIXED
        self._stretch_start_s = 0.0
        self._best: Choice[Picture] | None = None
        self._held: Choice[Picture] | None = None

    def add(self, glance: Glance, picture: Picture, is_jump: bool) -> None:
        """Take the next frame; `is_jump` where it may begin a shot: it is not weighed against the one before."""
        last = self._handfuls[-1] if self._handfuls else None
        is_near = last is not None and not is_jump and glance.time_s - last.first_s < HANDFUL_S
        if last is not None and (is_near or len(self._handfuls) >= MOST_HANDFULS):
            last.offer(glance, picture)
        else:
            self._handfuls.append(Handful(glance.time_s, glance, picture))

    def settle(self, changes: Sequence[Transition], settled_s: float) -> list[Choice[Picture]]:
        """The choices that are final once these changes of shot are known, and no other begins before `settled_s`."""
        choices: list[Choice[Picture]] = []
        for change in changes:
            choices += self._weigh_until(change.start_s, change.start_s) + self._end_shot(change)
        return choices + self._weigh_until(settled_s - HANDFUL_S, float("inf"))

    def finish(self, end_s: float) -> list[Choice[Picture]]:
        """The last choices of a video that ends at `end_s`."""
        return self._weigh_until(float("inf"), end_s) + self._end_shot(Transition(end_s, end_s))

    def _weigh_until(self, until_s: float, shot_end_s: float) -> list[Choice[Picture]]:
        """Weigh the handfuls that begin before a time; the choices of the stretches that end meanwhile."""
        choices: list[Choice[Picture]] = []
        while self._handfuls and self._handfuls[0].first_s < until_s:
            handful = self._handfuls.popleft()
            if handful.first_s - self._stretch_start_s >= STRETCH_S:
                choices += self._end_stretch(handful.first_s)
            rank = self._rank(handful.glance, shot_end_s)
            if self._best is None or rank > self._best.rank:
                stretch = Shot(self._stretch_start_s, shot_end_s)
                self._best = Choice(stretch, handful.glance, handful.picture, rank)
        return choices

    def _rank(self, glance: Glance, shot_end_s: float) -> tuple[int, float]:
        fade_s = FADE_MARGIN_S if self._opening.end_s > self._opening.start_s else 0.0
        is_mixed = glance.time_s < self._opening.end_s + fade_s or glance.time_s >= shot_end_s
        inside_s = min(glance.time_s - self._opening.end_s, shot_end_s - glance.time_s)
        weight = EDGE_WEIGHT + (1 - EDGE_WEIGHT) * min(max(inside_s / EDGE_S, 0.0), 1.0)
        return Quality.MIXED if is_mixed else glance.quality, glance.sharpness * weight

    def _end_stretch(self, end_s: float) -> list[Choice[Picture]]:
        """Close the stretch. What is left of a shot after its last whole stretch, if short, is part of that one."""
        best, held = self._best, self._held
        start_s, self._stretch_start_s, self._best = self._stretch_start_s, end_s, None
        if best is None:
            return []
        self._shot_quality = max(self._shot_quality, best.quality)
        if held is not None and end_s - start_s < LEAST_STRETCH_S and held.quality >= best.quality:
            self._held = replace(held, stretch=Shot(held.stretch.start_s, end_s))
            return []
        self._held = replace(best, stretch=Shot(start_s, end_s))
        return [held] if held is not None else []

    def _end_shot(self, change: Transition) -> list[Choice[Picture]]:
        choices = self._end_stretch(change.start_s) + ([self._held] if self._held is not None else [])
        if self._shot_quality >= Quality.BLANK:
            self.shots.append(Shot(self._opening.start_s, change.start_s))
        self._opening, self._stretch_start_s = change, change.start_s
        self._shot_quality, self._held = Quality.MIXED, None
        return choices


@dataclass(eq=False)
class Page:
    """A picture of the album, and the spans of the video it stands for, in order, the one it was taken from first."""

    time_s: float
    spans: list[Shot]
    jpeg: Jpeg

    def extend(self, span: Shot) -> None:
        """Let the picture stand for another span as well."""
        if span.start_s <= self.spans[-1].end_s:
            self.spans[-1] = Shot(self.spans[-1].start_s, span.end_s)
        else:
            self.spans.append(span)


@dataclass(eq=False)
class Album(Generic[Picture]):
    """At most `most` pictures, none twice. Where there are more, the one nearest to its neighbours goes, so that those
    left are spread over the length of the video.
    """

    most: int
    develop: Callable[[Picture], Jpeg]
    pages: list[Page] = field(default_factory=list)
    _cells: list[Cells] = field(default_factory=list)

    def add(self, choice: Choice[Picture]) -> None:
        """Keep a choice, or note that a picture like it is there already."""
        for page, cells in zip(self.pages, self._cells, strict=True):
            if is_same_picture(cells, choice.glance.cells):
                page.extend(choice.stretch)
                return
        self.pages.append(Page(choice.glance.time_s, [choice.stretch], self.develop(choice.picture)))
        self._cells.append(choice.glance.cells)
        if len(self.pages) > self.most:
            crowded = self._crowded()
            del self.pages[crowded], self._cells[crowded]

    def _crowded(self) -> int:
        times_s = [page.time_s for page in self.pages]
        inner = range(1, len(times_s) - 1)
        return min(inner, key=lambda i: times_s[i + 1] - times_s[i - 1], default=len(times_s) - 1)


def is_same_picture(one: Cells, other: Cells) -> bool:
    """Whether fewer than SAME_SHARE of the cells lie outside what the 3x3 cells around their place have in the other
    picture, by more than SAME_LUMA or SAME_CHROMA grey levels.
    """
    rows = one.shape[0] // 3
    first, second = around(one, NEAR), around(other, NEAR)
    off = np.maximum(beyond(first, second), beyond(second, first))
    is_changed = (off[:rows] > SAME_LUMA) | (np.maximum(off[rows : 2 * rows], off[2 * rows :]) > SAME_CHROMA)
    return bool(np.count_nonzero(is_changed) < SAME_SHARE * is_changed.size)

"""The two ways to ask the models: over the model server, or with the parser of the package in this process.

Both see the same bytes, so that what is written does not tell which way it went.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

from catalog_jobs.catalog.cropping.decoding import LONG_SIDE_PX
from catalog_jobs.catalog.cropping.finds import Find, Looks, Refusal
from catalog_jobs.catalog.cropping.options import Where
from infra.errors import ErrorCode, ReelwearError
from infra.settings import ModelSettings
from serve_app.client import ModelClient
from serve_app.contract import Detection, FrameResult, FramesOptions, ModelInfo, decode_rle
from serve_app.errors import ModelServerError

EMBEDDED: Final = "embedded"
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
ATTEMPTS: Final = 4
FIRST_WAIT_S: Final = 0.5
MAX_WAIT_S: Final = 30.0
# A request with fewer pictures may pass.
TOO_MUCH: Final = frozenset({"too_many_parts", "too_large"})


class ServerLooks:
    """Asks the model server; safe to share between threads. Where it is full, waits and asks again."""

    def __init__(self, client: ModelClient, min_score: float, sleep: Callable[[float], None] = time.sleep) -> None:
        """Ask which models it runs; raises MODEL_SERVER_DOWN."""
        self._client = client
        self._options = FramesOptions(min_score=min_score, with_vectors=False)
        self._sleep = sleep
        try:
            self.model = model_of(client.models().models)
        except ModelServerError as fault:
            raise _named(fault) from fault

    def look(self, jpegs: Sequence[bytes]) -> list[tuple[Find, ...] | Refusal]:
        """The garments in each picture. Raises MODEL_SERVER_DOWN, and MODEL_REFUSED where it runs other models now."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                answer = self._client.frames(jpegs, self._options)
                break
            except ModelServerError as fault:
                if fault.code in TOO_MUCH and len(jpegs) > 1:
                    middle = len(jpegs) // 2
                    return self.look(jpegs[:middle]) + self.look(jpegs[middle:])
                if attempt == ATTEMPTS or not fault.is_retryable:
                    raise _named(fault) from fault
                wait_s = fault.retry_after_s or FIRST_WAIT_S * 2 ** (attempt - 1)
            self._sleep(min(wait_s, MAX_WAIT_S))
        runs = joined(answer.models.get("detector", ""), answer.models.get("segmenter", ""))
        if runs != self.model:
            message = f"the model server runs {runs} by now, and this crop began with {self.model}; run it again"
            raise ReelwearError(ErrorCode.MODEL_REFUSED, message)
        return [finds_of(frame) for frame in answer.frames]


class ParserLooks:
    """The parser of the package in this process; safe to share between threads."""

    def __init__(self, min_score: float, threads: int = 0) -> None:
        """Load it. threads: of a forward pass, 0 for one a core."""
        from serve_app.models.embedded import ParserOnFrames, parser_infos
        from serve_app.models.garment_parser import GarmentParserModel

        parser = GarmentParserModel(threads=threads or len(os.sched_getaffinity(0)))
        self._parser = ParserOnFrames(parser)
        self._min_score = min_score
        self.model = model_of(parser_infos(parser))

    def look(self, jpegs: Sequence[bytes]) -> list[tuple[Find, ...] | Refusal]:
        """The garments in each picture."""
        from serve_app.models.pictures import read_picture

        pictures = [read_picture(jpeg, LONG_SIDE_PX**2) for jpeg in jpegs]
        return [
            tuple(
                Find(one.label, one.score, one.box_xyxy, one.mask, one.wearer)
                for one in garments
                if one.score >= self._min_score
            )
            for garments in self._parser.find_garments(pictures)
        ]


@contextmanager
def opened_looks(settings: ModelSettings, where: Where, min_score: float) -> Iterator[tuple[Looks, Where]]:
    """The models, and where they run.

    AUTO is the model server; where none answers at an address of this machine and the settings name the models of the
    package, it is this process, which then sees the very same. Raises MODEL_SERVER_DOWN.
    """
    if where is Where.HERE:
        yield ParserLooks(min_score, settings.model_threads), Where.HERE
        return
    client = ModelClient(
        settings.model_server_url, settings.model_server_token.get_secret_value(), settings.model_timeout_s
    )
    with client:
        try:
            looks: Looks = ServerLooks(client, min_score)
        except ReelwearError as error:
            is_down = isinstance(error.__cause__, ModelServerError) and error.__cause__.code == "unreachable"
            if where is Where.SERVER or not is_down or not runs_embedded_here(settings):
                raise
            looks, where = ParserLooks(min_score, settings.model_threads), Where.HERE
        yield looks, Where.HERE if where is Where.HERE else Where.SERVER


def runs_embedded_here(settings: ModelSettings) -> bool:
    """Whether the model server of the settings is on this machine and finds garments with the parser that ships."""
    is_here = (urlsplit(settings.model_server_url).hostname or "") in LOOPBACK
    return is_here and settings.detector == settings.segmenter == EMBEDDED


def model_of(rows: Sequence[ModelInfo]) -> str:
    """The detector among the models of a server, name@version, and the segmenter where it is another one."""
    names = {row.role: f"{row.name}@{row.version}" for row in rows}
    return joined(names.get("detector", ""), names.get("segmenter", ""))


def joined(detector: str, segmenter: str) -> str:
    """One name for both.

    >>> joined("parser@1", "parser@1"), joined("yolos@1", "sam2@3")
    ('parser@1', 'yolos@1+sam2@3')
    """
    return detector if segmenter in ("", detector) else f"{detector}+{segmenter}"


def finds_of(frame: FrameResult) -> tuple[Find, ...] | Refusal:
    """What the server says of one picture."""
    if frame.error is not None:
        return Refusal(f"{frame.error.code}: {frame.error.message}")
    try:
        return tuple(_find(one) for one in frame.detections if one.mask is not None)
    except ValueError as fault:
        return Refusal(f"the model server's mask cannot be read: {fault}")


def _find(one: Detection) -> Find:
    if one.mask is None:
        raise ValueError(f"the {one.label} has none")
    return Find(one.label, one.score, one.box, decode_rle(one.mask), one.wearer)


def _named(fault: ModelServerError) -> ReelwearError:
    if not fault.is_retryable:
        return ReelwearError(ErrorCode.MODEL_REFUSED, f"the model server refused: {fault.message}")
    return ReelwearError(
        ErrorCode.MODEL_SERVER_DOWN,
        f"the model server does not answer ({fault}); start it with `reelwear up`, or give --here to run the parser of "
        "the package in this process. What is cut stays, and the next run goes on from there",
    )

"""How long an embedder takes."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import numpy as np
from pydantic import JsonValue

from catalog_jobs.evaluate.document import Part
from catalog_jobs.evaluate.embedders import Embedder, cores
from catalog_jobs.evaluate.measures.bootstrap import PERCENTILES, RESAMPLES, SEED
from serve_app.models.pictures import Image

BATCH: Final = 8
WARM_UP: Final = 3


def measure_speed(embedder: Embedder, pictures: Sequence[Image], texts: Sequence[str], runs: int) -> Part:
    """Milliseconds a picture in batches of eight, and a text one by one; texts may be empty."""
    batches = [[pictures[(run * BATCH + i) % len(pictures)] for i in range(BATCH)] for run in range(runs)]
    speed: dict[str, JsonValue] = {
        "batch": BATCH,
        "cores": cores(),
        "ms_per_crop": timings([partial(embedder.embed_images, batch) for batch in batches], BATCH),
    }
    if texts:
        one_by_one = [texts[run % len(texts)] for run in range(runs)]
        speed["ms_per_text"] = timings([partial(embedder.embed_texts, [text]) for text in one_by_one], 1)
    return Part(details={"speed": speed})


def timings(calls: Sequence[Callable[[], object]], things: int) -> dict[str, JsonValue]:
    """Median with its interval, and 90th percentile, of the time that each call takes for one of its things."""
    for call in calls[:WARM_UP]:
        call()
    ms = np.zeros(len(calls))
    for run, call in enumerate(calls):
        started = time.perf_counter()
        call()
        ms[run] = (time.perf_counter() - started) * 1e3 / things
    medians = np.median(ms[np.random.default_rng(SEED).integers(0, len(ms), (RESAMPLES, len(ms)))], axis=1)
    low, high = np.percentile(medians, PERCENTILES)
    return {
        "median": round(float(np.median(ms)), 3),
        "low": round(float(low), 3),
        "high": round(float(high), 3),
        "p90": round(float(np.percentile(ms, 90)), 3),
        "runs": np.round(ms, 3).tolist(),
    }

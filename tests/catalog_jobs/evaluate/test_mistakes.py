"""The worst single mistakes, and that they are shown as they were made."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catalog_jobs.evaluate.data.class_folders import ClassPhoto
from catalog_jobs.evaluate.data.crops import cut_garments
from catalog_jobs.evaluate.data.sources import Given
from catalog_jobs.evaluate.instances import (
    measure_instances,
    pool_generator,
    pool_sources,
    sources_of_crops,
    views_generator,
)
from catalog_jobs.evaluate.mistakes import class_mistakes, instance_misses, search_mistakes
from catalog_jobs.evaluate.plots.failures_instances import ordinal, views_at
from tests.catalog_jobs.evaluate.stand_in import StandIn


def test_the_surest_wrong_class_comes_first() -> None:
    photos = [ClassPhoto(Path(f"{name}.jpg"), kind) for name, kind in (("a", "hat"), ("b", "hat"), ("c", "dress"))]
    chances = np.array([[0.6, 0.4], [0.9, 0.1], [0.2, 0.8]])
    found = class_mistakes(photos, ("dress", "hat"), chances.argmax(1), chances)
    assert [(row["picture"], row["said"], row["true"], row["chance"]) for row in found] == [
        ("hat/b.jpg", "dress", "hat", 0.9),
        ("dress/c.jpg", "hat", "dress", 0.8),
        ("hat/a.jpg", "dress", "hat", 0.6),
    ]


def test_only_words_that_found_something_wrong_are_kept_the_worst_first() -> None:
    vectors = np.eye(4, dtype=np.float32)
    queries = np.array([[1, 0.5, 0, 0], [0, 0, 1, 0.5], [1, 0, 0.5, 0]], np.float32)
    fits = [np.array(row, np.bool_) for row in ([1, 1, 0, 0], [1, 1, 0, 0], [1, 1, 0, 0])]
    found = search_mistakes(["good", "bad", "fair"], queries, vectors, fits, 2)
    assert found == [
        {"text": "bad", "garments": [2, 3], "is_right": [False, False]},
        {"text": "fair", "garments": [0, 2], "is_right": [True, False]},
    ]


def test_words_that_too_few_garments_fit_are_left_out() -> None:
    vectors = np.eye(3, dtype=np.float32)
    assert search_mistakes(["rare"], vectors[:1], vectors, [np.array([False, True, False])], 2) == []


def test_a_miss_names_what_came_first_of_the_distractors_that_counted() -> None:
    asked = np.array([[1, 0], [0, 1]], np.float32)
    pool = np.array([[1, 0], [0.6, 0.8], [0.8, 0.6], [1, 0]], np.float32)
    misses = instance_misses(asked, np.array([3, 1]), ["a", "b"], pool, ["a", "b", "c", "d"], 2)
    assert misses == [{"query": 0, "rank": 3, "came_first": 2}]


def test_a_miss_can_be_shown_in_the_very_views_that_were_compared(labelled_folder: Path) -> None:
    given = Given(
        photos=labelled_folder / "photos",
        masks=labelled_folder / "masks",
        labels=labelled_folder / "labels.json",
        groups=labelled_folder / "groups.json",
    )
    labelled = given.labelled_photos()
    assert labelled is not None
    crops, model = cut_garments(labelled), StandIn()
    details: Any = measure_instances(model, crops, [], 20, seed=3).details["instance"]
    misses = details["misses"]
    assert misses
    sources, rng = sources_of_crops(crops), views_generator(3)
    queries = [miss["query"] for miss in misses]
    asked, right = views_at(sources, rng, queries), views_at(sources, rng, queries)
    rng = pool_generator(3)
    pool = pool_sources(sources, 20, rng)
    came = views_at(pool, rng, [miss["came_first"] for miss in misses])
    for miss in misses:
        views = [asked[miss["query"]], right[miss["query"]], came[miss["came_first"]]]
        query, target, first = model.embed_images(views)
        assert pool[miss["came_first"]].garment != crops[miss["query"]].garment
        assert query @ first >= query @ target - 1e-5


@pytest.mark.parametrize("rank, said", [(2, "2nd"), (3, "3rd"), (11, "11th"), (113, "113th"), (1021, "1,021st")])
def test_ranks_are_said_in_words(rank: int, said: str) -> None:
    assert ordinal(rank) == said

"""Zero-shot classes: each picture is of the class whose words are nearest."""

from collections.abc import Sequence

import numpy as np

from catalog_jobs.evaluate.data.class_folders import ClassPhoto, classes_of
from catalog_jobs.evaluate.document import Part, bins_as_json
from catalog_jobs.evaluate.embedders import Embedder, Vectors, embed_stream
from catalog_jobs.evaluate.measures.reliability import bins_of, softmax
from catalog_jobs.evaluate.measures.retrieval import confusion_counts, mean_vectors
from catalog_jobs.evaluate.measures.samples import Binned, Rates
from catalog_jobs.evaluate.mistakes import class_mistakes
from catalog_jobs.evaluate.prompts import class_prompts


def measure_zero_shot(
    embedder: Embedder, photos: Sequence[ClassPhoto], vectors: Vectors, judges: Sequence[bool]
) -> Part:
    """Accuracy, by class too, and how well the chances of the classes come true on those photos that may judge it.

    vectors: of the photos, N×D. judges: of each photo, whether the chances were not fitted on it.
    """
    classes = classes_of(photos)
    prompts = {kind: class_prompts(kind) for kind in classes}
    directions = mean_vectors([embedder.embed_texts(prompts[kind]) for kind in classes])
    truth = np.array([classes.index(photo.kind) for photo in photos])
    chances = softmax(embedder.class_scale * (vectors @ directions.T))
    said = chances.argmax(1)
    right = said == truth
    keys = [photo.key for photo in photos]
    samples: dict[str, Rates | Binned] = {"zero_shot.accuracy": Rates.gather("picture", keys, right)}
    for index, kind in enumerate(classes):
        members = np.flatnonzero(truth == index)
        samples[f"zero_shot.accuracy.{kind}"] = Rates.gather("picture", [keys[i] for i in members], right[members])
    judged = np.flatnonzero(judges)
    binned = Binned.gather("picture", [keys[i] for i in judged], chances.max(1)[judged], right[judged])
    samples["zero_shot.ece"] = binned
    return Part(
        samples,
        {
            "zero_shot": {
                "classes": list(classes),
                "prompts": {kind: list(texts) for kind, texts in prompts.items()},
                "confusion": confusion_counts(truth.tolist(), said.tolist(), len(classes)).tolist(),
                "class_scale": embedder.class_scale,
                "bins": bins_as_json(bins_of(binned)),
                "mistakes": class_mistakes(photos, classes, said, chances),
            }
        },
    )


def embed_photos(embedder: Embedder, photos: Sequence[ClassPhoto]) -> Vectors:
    """Vectors (N×D) of whole pictures, few of them in memory at a time."""
    return embed_stream(embedder, (photo.read() for photo in photos))

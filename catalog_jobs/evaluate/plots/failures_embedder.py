"""The failures of an embedder in pictures, read again from where they were measured."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from catalog_jobs.evaluate.data.crops import cut_garments
from catalog_jobs.evaluate.data.sources import Given
from catalog_jobs.evaluate.document import Document
from catalog_jobs.evaluate.plots.failures_classes import plot_class_failures
from catalog_jobs.evaluate.plots.failures_instances import plot_instance_failures
from catalog_jobs.evaluate.plots.failures_search import plot_search_failures


def plot_embedder_failures(document: Document, given: Given, folder: Path) -> list[Path]:
    """A sheet for each kind of failure that there was. given: what the document was measured on."""
    details: Mapping[str, Any] = document.details
    photos = given.class_photos()
    labelled = given.labelled_photos()
    crops = cut_garments(labelled) if labelled else []
    made = []
    if "zero_shot" in details:
        made += plot_class_failures(details["zero_shot"], photos, folder)
    if "search" in details:
        made += plot_search_failures(details["search"], crops, folder)
    made += plot_instance_failures(details["instance"], crops, photos, folder)
    return made

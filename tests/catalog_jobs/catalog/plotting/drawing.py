"""Runs over the shop of a test, and what they drew."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import SecretStr

from catalog_jobs.catalog.plotting.job import plot
from catalog_jobs.catalog.plotting.options import MapOptions, Method, PlotOptions, Subject
from catalog_jobs.catalog.plotting.report import PlotReport
from infra.bucket import Bucket
from infra.records.store import Records
from infra.settings import BucketSettings

NOBODY_THERE = BucketSettings(s3_url="http://127.0.0.1:9", s3_access_key="a", s3_secret_key=SecretStr("b"))
PCA = MapOptions(Method.PCA)


def drawn(
    records: Records,
    data: Path,
    subject: Subject = Subject.PRODUCTS,
    bucket: BucketSettings = NOBODY_THERE,
    is_everything: bool = False,
    **options: object,
) -> PlotReport:
    """A run into `data`/plots; by PCA unless `maps` say otherwise."""
    given = {"maps": (PCA,)} | options
    chosen = PlotOptions(subject, **given)  # type: ignore[arg-type]
    pictures = data / "catalog" / "pictures"
    return plot(records, pictures, lambda: Bucket(bucket, timeout_s=5), data / "plots", chosen, is_everything)


def pixels(path: Path) -> NDArray[np.uint8]:
    """A PNG as H×W×3 BGR."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(picture, np.uint8)


def share_of(picture: NDArray[np.uint8], bgr: tuple[int, int, int], within: int = 12) -> float:
    """The share of a picture that has about a colour."""
    return float((np.abs(picture.astype(int) - bgr).max(axis=2) <= within).mean())

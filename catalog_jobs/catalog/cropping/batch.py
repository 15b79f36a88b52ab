"""A batch of pictures, from their files to their cut-outs: all of the work, and nothing but its arguments."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from catalog_jobs.catalog.cropping.choosing import Source, choose
from catalog_jobs.catalog.cropping.decoding import Picture, read_picture
from catalog_jobs.catalog.cropping.faults import CutFault, Reason
from catalog_jobs.catalog.cropping.finds import Find, Looks, Refusal
from catalog_jobs.catalog.cropping.options import CropOptions
from catalog_jobs.catalog.cropping.pieces import Sold
from catalog_jobs.catalog.cropping.results import (
    CUT_VERSION,
    CutError,
    PictureResults,
    picture_name,
    product_folder,
)
from catalog_jobs.catalog.cropping.writing import annotated, write_cuttings, write_results
from catalog_jobs.catalog.fetching.faults import DISK_FULL
from catalog_jobs.catalog.pictures import safe_name
from infra.errors import ErrorCode, ReelwearError

# Faults that the same bytes will always have.
OF_THE_BYTES: Final = frozenset({
    Reason.TOO_SMALL, Reason.TOO_MANY_PIXELS, Reason.WRONG_TYPE, Reason.DAMAGED, Reason.REFUSED,
})  # fmt: skip


@dataclass(frozen=True)
class Task:
    """One picture to cut. file: its name in the product's folder. content_hash: SHA-256 of its bytes by the records."""

    product_id: str
    number: int
    file: str
    content_hash: str
    sold: Sold


@dataclass(frozen=True)
class Outcome:
    """What became of one picture. sold: type and source of each garment that is sold. message: empty without reason."""

    product_id: str
    number: int
    sold: tuple[tuple[str, Source], ...] = ()
    reason: Reason | None = None
    message: str = ""


def cut_batch(tasks: Sequence[Task], looks: Looks, folder: Path, options: CropOptions) -> list[Outcome]:
    """Cut pictures that lie in `folder`, and write what was cut; an outcome for each, in their order.

    A picture that cannot be used fails alone, and its results say why. Raises what the models raise for all of them,
    and DISK_FULL.
    """
    opened = [_opened(folder, task, options) for task in tasks]
    usable = [one for one in opened if isinstance(one, Picture)]
    seen = iter(looks.look([picture.jpeg for picture in usable]) if usable else [])
    found = [next(seen) if isinstance(one, Picture) else () for one in opened]
    return [
        _settled(folder, task, picture, finds, looks.model, options)
        for task, picture, finds in zip(tasks, opened, found, strict=True)
    ]


def _opened(folder: Path, task: Task, options: CropOptions) -> Picture | CutFault:
    path = product_folder(folder, task.product_id) / task.file
    try:
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != task.content_hash:
            message = f"{task.file} is another file than the one that was fetched; run `reelwear catalog fetch`"
            raise CutFault(Reason.CHANGED, message)
        return read_picture(data, options.max_pixels)
    except CutFault as fault:
        return fault
    except OSError as fault:
        return CutFault(Reason.UNREADABLE, f"{path} cannot be read ({fault.strerror or fault})")


def _settled(
    folder: Path,
    task: Task,
    picture: Picture | CutFault,
    finds: tuple[Find, ...] | Refusal,
    model: str,
    options: CropOptions,
) -> Outcome:
    results = _begun(task, model, options)
    try:
        if isinstance(picture, CutFault):
            raise picture
        if isinstance(finds, Refusal):
            raise CutFault(Reason.REFUSED, finds.message)
        cuttings = choose(picture, finds, task.sold)
        width, height = picture.size_wh
        annotations = annotated(picture, cuttings, f"product_{safe_name(task.product_id)}", results.image_name)
        made = {"annotations": annotations, "img_width": width, "img_height": height}
        results = results.model_copy(update=made)
        with disk_faults_named(folder):
            write_cuttings(folder, picture, cuttings, results)
    except CutFault as fault:
        return _failed(folder, task, results, fault)
    return Outcome(task.product_id, task.number, tuple((one.class_name, one.source) for one in results.sold))


def _begun(task: Task, model: str, options: CropOptions) -> PictureResults:
    return PictureResults(
        original_image_path=f"product_{safe_name(task.product_id)}/{task.file}",
        image_name=picture_name(task.product_id, task.number),
        content_hash=task.content_hash,
        model=model,
        cut_version=CUT_VERSION,
        product_types=task.sold.types,
        product_color=task.sold.color_basic,
        min_score=options.min_score,
    )


def _failed(folder: Path, task: Task, results: PictureResults, fault: CutFault) -> Outcome:
    """The outcome of a picture that cannot be cut; what is wrong with its bytes is written beside it too."""
    if fault.reason in OF_THE_BYTES:
        error = CutError(code=fault.reason.value, message=fault.message)
        try:
            with disk_faults_named(folder):
                write_results(folder, results.model_copy(update={"annotations": (), "error": error}))
        except CutFault as other:
            fault = other
    return Outcome(task.product_id, task.number, reason=fault.reason, message=fault.message)


@contextmanager
def disk_faults_named(folder: Path) -> Iterator[None]:
    """Turn what the file system raises into DISK_FULL, which ends the run, or a fault of this picture alone."""
    try:
        yield
    except OSError as fault:
        if fault.errno in DISK_FULL:
            raise ReelwearError(
                ErrorCode.DISK_FULL,
                f"no room left on the disk of {folder} ({fault.strerror}); make room and run the crop again: what is "
                "cut stays",
            ) from fault
        message = f"{fault.filename or folder} cannot be written ({fault.strerror or fault})"
        raise CutFault(Reason.NOT_WRITABLE, message) from fault

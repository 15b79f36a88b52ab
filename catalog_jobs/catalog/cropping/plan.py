"""Which pictures of the catalogue are to be cut, and which are cut already."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from catalog_jobs.catalog.cropping.batch import Task
from catalog_jobs.catalog.cropping.options import CropOptions
from catalog_jobs.catalog.cropping.report import Sources, Tally
from catalog_jobs.catalog.cropping.results import CUT_VERSION, PictureResults, read_results, results_path, sold_of
from catalog_jobs.catalog.fetching.faults import PictureFault
from catalog_jobs.catalog.fetching.layout import KeptPicture, ProductFolder
from catalog_jobs.catalog.store import products_in
from infra.records.store import Records
from infra.records.tables import ProductImageRow, ProductRow


def tasks_in(
    records: Records, folder: Path, model: str, options: CropOptions, tally: Tally, product_id: str | None = None
) -> Iterator[Task]:
    """The pictures to cut of what is sold, or of one product, product by product; the tally hears of all others.

    A product of no type has no garment to look for.
    """
    for product, images in products_in(records, product_id=product_id):
        if not sold_of(product).pieces:
            tally.without_type += 1
            continue
        tasks, kept, not_fetched = planned(folder, product, images, model, options)
        tally.came(product.product_id, kept, not_fetched, len(tasks))
        yield from tasks


def planned(
    folder: Path, product: ProductRow, images: Sequence[ProductImageRow], model: str, options: CropOptions
) -> tuple[list[Task], list[Sources], int]:
    """The pictures of a product that are to be cut, what those show that are cut, and how many are not fetched."""
    lying = known_pictures(folder, product.product_id, images)
    tasks: list[Task] = []
    kept: list[Sources] = []
    for image in sorted(images, key=lambda row: row.number):
        picture = lying.get(image.number)
        if picture is None or image.content_hash is None:
            continue
        task = Task(product.product_id, image.number, picture.file, image.content_hash, sold_of(product))
        results = None if options.is_forced else read_results(results_path(folder, task.product_id, task.number))
        if results and is_current(results, folder, task, model, options):
            kept.append(tuple((one.class_name, one.source) for one in results.sold))
        else:
            tasks.append(task)
    return tasks, kept, len(images) - len(tasks) - len(kept)


def known_pictures(folder: Path, product_id: str, images: Sequence[ProductImageRow]) -> dict[int, KeptPicture]:
    """The pictures of a product that lie there whole, by number."""
    try:
        product = ProductFolder(folder, product_id)
    except PictureFault:
        return {}
    found = {image.number: product.known(image.number) for image in images}
    return {number: picture for number, picture in found.items() if picture}


def is_current(results: PictureResults, folder: Path, task: Task, model: str, options: CropOptions) -> bool:
    """Whether a picture would be cut in the same way again, and all that was cut is there."""
    looked_for = (results.product_types, results.product_color, results.min_score)
    return (
        results.error is None
        and results.content_hash == task.content_hash
        and (results.model, results.cut_version) == (model, CUT_VERSION)
        and looked_for == (task.sold.types, task.sold.color_basic, options.min_score)
        and results.has_files(folder)
    )

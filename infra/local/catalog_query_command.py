"""The command that asks the catalogue. What it needs is imported when it runs, so that `--help` is quick."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from functions.cli.options import AsJson, DataDir
from functions.cli.search import Color, Image, MaxPrice, MinPrice, Text, Weight, Without


class AnswerFormat(StrEnum):
    """How an answer is written."""

    TEXT = "text"
    JSON = "json"


def query(
    text: Text = None,
    image: Image = None,
    without: Without = None,
    weight: Weight = 0.5,
    product: Annotated[
        str | None, typer.Option(metavar="ID", help="More like this product, of its type.", show_default=False)
    ] = None,
    crop: Annotated[
        str | None,
        typer.Option(
            metavar="REF",
            help="More like one cut-out: VIDEO/ITEM of a video, or PRODUCT/PART.",
            show_default=False,
        ),
    ] = None,
    type_: Annotated[
        str | None,
        typer.Option(
            "--type", "--class", metavar="TYPE", help="Only this type: dress, shoes, topwear, …", show_default=False
        ),
    ] = None,
    color: Color = None,
    min_price: MinPrice = None,
    max_price: MaxPrice = None,
    currency: Annotated[
        str | None, typer.Option(metavar="CODE", help="Only prices in this currency: EUR, …", show_default=False)
    ] = None,
    in_stock: Annotated[bool, typer.Option("--in-stock", help="Leave out what is sold out.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many, the best first.")] = 10,
    threshold: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            metavar="T",
            help="Least chance of the words, or least likeness (0.2 for words alone).",
            show_default=False,
        ),
    ] = None,
    show_all: Annotated[bool, typer.Option("--all", help="Also products that hardly fit.")] = False,
    faiss: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Search a folder of `catalog export-faiss`.", show_default=False),
    ] = None,
    here: Annotated[
        bool, typer.Option("--here", help="Embed words and pictures in this process where no stack runs.")
    ] = False,
    answer_format: Annotated[
        AnswerFormat, typer.Option("--format", help="How the answer is written.")
    ] = AnswerFormat.TEXT,
    as_json: AsJson = False,
    data: DataDir = None,
) -> None:
    """Find products of the catalogue by words, by a picture, by another product or cut-out, or by several of these.

    One hit a product, by its pictures and its own words. What hardly fits is left out and counted; what is likelier
    with the words of --not is left out too. --product and --crop need no model.

    Example: reelwear catalog query --text "red midi skirt" --not floral --max-price 80 --in-stock
    """
    from functions.cli.hits import read_picture, wanted
    from functions.cli.product_hits import print_products
    from infra.local.catalog_query import CatalogQuery
    from infra.settings import Settings

    if text is None and image is None and product is None and crop is None:
        raise typer.BadParameter("give --text, --image, --product or --crop, or several of them")
    if show_all and threshold is not None:
        raise typer.BadParameter("--all shows what --threshold leaves out; give one of them")
    fields = wanted(
        text=text,
        without=without,
        weight=None if weight == 0.5 else weight,
        product=product,
        crop=crop,
        type=type_,
        color=color,
        min_price=min_price,
        max_price=max_price,
        currency=currency,
        in_stock=in_stock,
        limit=limit,
        threshold=0 if show_all else threshold,
    )
    picture = None if image is None else read_picture(image)
    answer = CatalogQuery(fields, picture, faiss, here).answer(Settings.load(data))
    print_products(answer, fields, as_json or answer_format is AnswerFormat.JSON)

"""The commands of searching. What they need is imported when they run, so that `--help` is quick."""

from pathlib import Path
from typing import Annotated

import typer

from functions.cli.options import AsJson, DataDir

app = typer.Typer()
vectors = typer.Typer(no_args_is_help=True, help="What searches look through.")
app.add_typer(vectors, name="vectors")

Text = Annotated[
    str | None, typer.Option(metavar="WORDS", help='What it looks like: "orange suit".', show_default=False)
]
Image = Annotated[
    Path | None, typer.Option(metavar="FILE", help="A JPEG or PNG of something alike.", show_default=False)
]
Without = Annotated[
    list[str] | None,
    typer.Option("--not", metavar="WORDS", help='What it is not: "long sleeves"; repeatable.', show_default=False),
]
Weight = Annotated[float, typer.Option(min=0, max=1, help="The picture's share, where there are words too.")]
Color = Annotated[
    str | None, typer.Option(metavar="COLOUR", help="Only this colour: red, beige, …", show_default=False)
]
MinPrice = Annotated[str | None, typer.Option(metavar="PRICE", help="At this price or more.", show_default=False)]
MaxPrice = Annotated[str | None, typer.Option(metavar="PRICE", help="At this price or less.", show_default=False)]


@app.command()
def search(
    text: Text = None,
    image: Image = None,
    without: Without = None,
    weight: Weight = 0.5,
    product: Annotated[
        str | None,
        typer.Option(metavar="ID", help="What was matched to this product, or looks like it.", show_default=False),
    ] = None,
    crop: Annotated[
        str | None,
        typer.Option(metavar="VIDEO/ITEM", help="What looks like this garment, as it is listed.", show_default=False),
    ] = None,
    type_: Annotated[
        str | None, typer.Option("--type", metavar="TYPE", help="Only this type: dress, shoes, …", show_default=False)
    ] = None,
    color: Color = None,
    min_price: MinPrice = None,
    max_price: MaxPrice = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many, the nearest first.")] = 20,
    show_all: Annotated[bool, typer.Option("--all", help="Also garments that hardly fit.")] = False,
    as_json: AsJson = False,
    data: DataDir = None,
) -> None:
    """Find garments in all videos by words, by a picture, by a product of the catalogue, or by several of these.

    Prices are those of the products that garments were matched to.

    Example: reelwear search --text "orange suit" --type outerwear
    """
    from functions.cli.client import HostClient
    from functions.cli.hits import print_found, read_picture, wanted
    from infra.settings import Settings

    if text is None and image is None and product is None and crop is None:
        raise typer.BadParameter("give --text, --image, --product or --crop, or several of them")
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
        limit=limit,
        min_confidence=0 if show_all else None,
    )
    picture = None if image is None else read_picture(image)
    with HostClient.from_settings(Settings.load(data)) as client:
        found = client.search_items(fields, picture)
        print_found(found, fields, client.list_videos(limit=1).total if not found.hits else None, as_json)


@vectors.command()
def rebuild(as_json: AsJson = False, data: DataDir = None) -> None:
    """Fill the vector store from the records again, where it was lost or damaged; no video is looked at anew."""
    from functions.cli.hits import print_rebuilt
    from functions.cli.rebuild import rebuild_anywhere
    from infra.settings import Settings

    print_rebuilt(rebuild_anywhere(Settings.load(data)), as_json)

"""The commands of searching. What they need is imported when they run, so that `--help` is quick."""

from pathlib import Path
from typing import Annotated

import typer

from functions.cli.options import AsJson, DataDir

app = typer.Typer()
vectors = typer.Typer(no_args_is_help=True, help="What searches look through.")
app.add_typer(vectors, name="vectors")


@app.command()
def search(
    text: Annotated[
        str | None, typer.Option(metavar="WORDS", help='What it looks like: "orange suit".', show_default=False)
    ] = None,
    image: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A JPEG or PNG of something alike.", show_default=False)
    ] = None,
    type_: Annotated[
        str | None, typer.Option("--type", metavar="TYPE", help="Only this type: dress, shoes, …", show_default=False)
    ] = None,
    color: Annotated[
        str | None, typer.Option(metavar="COLOUR", help="Only this colour: red, beige, …", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many, the nearest first.")] = 20,
    show_all: Annotated[bool, typer.Option("--all", help="Also garments that the words hardly fit.")] = False,
    as_json: AsJson = False,
    data: DataDir = None,
) -> None:
    """Find garments in all videos by words, by a picture, or by both.

    Example: reelwear search --text "orange suit" --type outerwear
    """
    from functions.cli.client import HostClient
    from functions.cli.hits import print_found, read_picture, wanted
    from infra.settings import Settings

    if text is None and image is None:
        raise typer.BadParameter("give --text, --image, or both")
    fields = wanted(text=text, type=type_, color=color, limit=limit, min_confidence=0 if show_all else None)
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

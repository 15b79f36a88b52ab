"""The commands over a running stack. What they need is imported when they run, so that `--help` is quick."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from functions.cli.exits import ExitCode
from functions.cli.options import AsJson, DataDir

app = typer.Typer()
dead_letters = typer.Typer(no_args_is_help=True, help="Messages that were tried to the limit: look, try again, forget.")
app.add_typer(dead_letters, name="dlq")

Video = Annotated[
    str, typer.Argument(metavar="VIDEO", help="Id, start of an id, key of the bucket, or a dropped file.")
]


@app.command()
def drop(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Videos or pictures.", show_default=False)],
    caption: Annotated[
        str | None,
        typer.Option(
            help="Caption, with hashtags; over that of a .txt or .json.xz beside the file.", show_default=False
        ),
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="Key to upload to instead of videos/NAME; for one file.", show_default=False)
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for the result and print it.")] = True,
    force: Annotated[
        bool, typer.Option("--force", help="Send files of odd kind or size too, and let the pipeline judge.")
    ] = False,
    as_json: AsJson = False,
    data: DataDir = None,
) -> None:
    """Drop videos in the bucket and print what is worn in them."""
    from functions.cli.answers import print_dropped
    from functions.cli.drop import drop_files
    from infra.settings import Settings

    dropped = drop_files(
        Settings.load(data), files, caption=caption, key=key, is_waiting=wait, is_forced=force, is_json=as_json
    )
    print_dropped(dropped, as_json)
    if any(one.is_failed for one in dropped):
        raise typer.Exit(ExitCode.FAILED)


@app.command()
def show(
    video: Video,
    as_json: AsJson = False,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE.html", help="Write a page with pictures, boxes and masks.", show_default=False),
    ] = None,
    data: DataDir = None,
) -> None:
    """Show the result of one video, or write it as a page to send on."""
    from functions.cli.answers import print_document, write_report
    from functions.cli.client import HostClient
    from functions.cli.references import video_of
    from infra.settings import Settings

    with HostClient.from_settings(Settings.load(data)) as client:
        document = client.video(video_of(client, video))
        if report:
            write_report(client, document, report)
        print_document(document, as_json, report)


@app.command(name="list")
def list_videos(
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many, newest first.")] = 50,
    as_json: AsJson = False,
    data: DataDir = None,
) -> None:
    """List the videos, newest first."""
    from functions.cli.answers import print_documents
    from functions.cli.client import HostClient
    from infra.settings import Settings

    with HostClient.from_settings(Settings.load(data)) as client:
        print_documents(client.list_videos(limit), as_json)


@app.command()
def rm(
    videos: Annotated[
        list[str],
        typer.Argument(metavar="VIDEO", help="A key removes that upload; an id or a file, all uploads of it."),
    ],
    as_json: AsJson = False,
    data: DataDir = None,
) -> None:
    """Remove uploads from the bucket; their results follow within seconds."""
    from functions.cli.removal import remove
    from infra.settings import Settings

    removed = remove(Settings.load(data), videos)
    typer.echo(
        json.dumps({"removed": removed}, ensure_ascii=False)
        if as_json
        else "\n".join(f"removed {one}" for one in removed)
    )


@app.command()
def schema() -> None:
    """Print the JSON Schema of the result document."""
    from functions.document import document_schema

    typer.echo(json.dumps(document_schema(), indent=2))


@dead_letters.command(name="list")
def list_dead_letters(as_json: AsJson = False, data: DataDir = None) -> None:
    """List the messages that were given up, with the reason."""
    from functions.cli.answers import print_dead_letters
    from functions.cli.client import HostClient
    from infra.settings import Settings

    with HostClient.from_settings(Settings.load(data)) as client:
        print_dead_letters(client.dead_letters(), as_json)


LetterIds = Annotated[
    list[str] | None, typer.Argument(metavar="ID", help="As `reelwear dlq list` shows.", show_default=False)
]
AllLetters = Annotated[bool, typer.Option("--all", help="All of them.")]


@dead_letters.command()
def replay(
    ids: LetterIds = None, all_letters: AllLetters = False, as_json: AsJson = False, data: DataDir = None
) -> None:
    """Put messages back in their queues, with all their attempts before them."""
    _each_letter("replay", ids or [], all_letters, as_json, data)


@dead_letters.command(name="drop")
def drop_letters(
    ids: LetterIds = None, all_letters: AllLetters = False, as_json: AsJson = False, data: DataDir = None
) -> None:
    """Forget messages for good."""
    _each_letter("drop", ids or [], all_letters, as_json, data)


def _each_letter(action: str, ids: list[str], all_letters: bool, as_json: bool, data: Path | None) -> None:
    from functions.cli.client import HostClient
    from infra.settings import Settings

    if bool(ids) == all_letters:
        raise typer.BadParameter("give the ids of dead letters, or --all; `reelwear dlq list` shows them")
    with HostClient.from_settings(Settings.load(data)) as client:
        chosen = [letter.id for letter in client.dead_letters().dead_letters] if all_letters else ids
        for letter_id in chosen:
            client.replay(letter_id) if action == "replay" else client.drop(letter_id)
    done: dict[str, Any] = {"replayed" if action == "replay" else "dropped": chosen}
    verb = next(iter(done))
    typer.echo(json.dumps(done) if as_json else f"{verb} {len(chosen)} dead letter{'' if len(chosen) == 1 else 's'}")

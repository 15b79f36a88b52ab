"""The commands over the models, those that ship and those that are pulled. Imports wait, so that `--help` is quick."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from functions.cli.exits import ExitCode
from functions.cli.options import AsJson, DataDir

app = typer.Typer()
models = typer.Typer(
    no_args_is_help=True, help="The models: which there are, whether they are whole, and more of them."
)
app.add_typer(models, name="models")

ModelsDir = Annotated[
    Path | None,
    typer.Option(
        "--models-dir",
        metavar="DIR",
        help="Folder of the large models (REELWEAR_MODELS_DIR, else reelwear/models in the user's cache).",
        show_default=False,
    ),
]


@models.command(name="list")
def list_all(as_json: AsJson = False, data: DataDir = None, models_dir: ModelsDir = None) -> None:
    """List the models that ship, with their files, and the large ones that can be pulled, with what lies here."""
    from infra.local.tables import stack_console
    from infra.local.weights.large import list_large
    from infra.local.weights.shelf import list_models
    from infra.local.weights.tables import models_view
    from infra.settings import Settings
    from serve_app.models.families import FAMILIES
    from serve_app.models.rows import WEIGHTS_DIR

    chosen = Settings.load(data).models
    large = list_large(_models_dir(models_dir), chosen)
    shelf = list_models(tuple(FAMILIES.values()), WEIGHTS_DIR, chosen).model_copy(update={"large": large})
    if as_json:
        typer.echo(shelf.model_dump_json())
    else:
        stack_console().print(models_view(shelf))


@models.command()
def check(as_json: AsJson = False, data: DataDir = None, models_dir: ModelsDir = None) -> None:
    """Check that each file is whole, pulled ones too, each model that ships answers, and a running server serves them.

    Exit code 1 if not.
    """
    from infra.local.doctor import Verdict
    from infra.local.tables import checks_table, stack_console
    from infra.local.weights.checks import check_models
    from infra.local.weights.large import check_large, list_large
    from infra.settings import Settings
    from serve_app.models.families import FAMILIES
    from serve_app.models.rows import WEIGHTS_DIR

    chosen = Settings.load(data).models
    folder = _models_dir(models_dir)
    checks = (
        *check_large(folder, chosen),
        *check_models(tuple(FAMILIES.values()), WEIGHTS_DIR, chosen, large=list_large(folder, chosen)),
    )
    if as_json:
        typer.echo(json.dumps({"checks": [one.model_dump(mode="json") for one in checks]}, ensure_ascii=False))
    else:
        stack_console().print(checks_table(checks))
    if any(one.verdict is Verdict.ERROR for one in checks):
        raise typer.Exit(ExitCode.FAILED)


@models.command(name="pull")
def pull_one(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `reelwear models list` shows, or its id on the hub.")],
    as_json: AsJson = False,
    models_dir: ModelsDir = None,
) -> None:
    """Fetch a large model from the hub (HF_ENDPOINT, HF_TOKEN), or the rest of it, and verify every file."""
    from rich.console import Console

    from infra.local.tables import stack_console
    from infra.local.weights.large import pull_model
    from infra.local.weights.progress import pull_bar
    from infra.local.weights.tables import pulled_view
    from serve_app.models.large.pull import Hub

    with pull_bar(name, Console(stderr=True), is_quiet=as_json) as show:
        done = pull_model(name, _models_dir(models_dir), Hub.of_environment(os.environ), show)
    if as_json:
        typer.echo(done.model_dump_json())
    else:
        stack_console().print(pulled_view(done))


@models.command()
def card(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `reelwear models list` shows.")],
    as_json: AsJson = False,
) -> None:
    """Show a model's card: its data and licences, what was measured, and what it cannot do."""
    from rich.markdown import Markdown

    from infra.local.tables import stack_console
    from infra.local.weights.cards import card_of
    from serve_app.models.families import FAMILIES
    from serve_app.models.rows import WEIGHTS_DIR

    found = card_of(tuple(FAMILIES.values()), WEIGHTS_DIR, name)
    if as_json:
        typer.echo(found.model_dump_json())
    else:
        stack_console().print(Markdown(found.markdown))


def _models_dir(given: Path | None) -> Path:
    from serve_app.models.large.folders import models_dir_of

    return given.expanduser().absolute() if given else models_dir_of(os.environ)

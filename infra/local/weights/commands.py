"""The commands over the models that ship. What they need is imported when they run, so that `--help` is quick."""

import json
from typing import Annotated

import typer

from functions.cli.exits import ExitCode
from functions.cli.options import AsJson, DataDir

app = typer.Typer()
models = typer.Typer(no_args_is_help=True, help="The models that ship: which there are, whether they are whole.")
app.add_typer(models, name="models")


@models.command(name="list")
def list_shipped(as_json: AsJson = False, data: DataDir = None) -> None:
    """List the models: version, roles, licence, size, files, and whether the settings use them."""
    from infra.local.tables import stack_console
    from infra.local.weights.shelf import list_models
    from infra.local.weights.tables import models_view
    from infra.settings import Settings
    from serve_app.models.families import FAMILIES
    from serve_app.models.rows import WEIGHTS_DIR

    shelf = list_models(tuple(FAMILIES.values()), WEIGHTS_DIR, Settings.load(data).models)
    if as_json:
        typer.echo(shelf.model_dump_json())
    else:
        stack_console().print(models_view(shelf))


@models.command()
def check(as_json: AsJson = False, data: DataDir = None) -> None:
    """Check that each file is whole, each model answers, and a running server serves them. Exit code 1 if not."""
    from infra.local.doctor import Verdict
    from infra.local.tables import checks_table, stack_console
    from infra.local.weights.checks import check_models
    from infra.settings import Settings
    from serve_app.models.families import FAMILIES
    from serve_app.models.rows import WEIGHTS_DIR

    checks = check_models(tuple(FAMILIES.values()), WEIGHTS_DIR, Settings.load(data).models)
    if as_json:
        typer.echo(json.dumps({"checks": [one.model_dump(mode="json") for one in checks]}, ensure_ascii=False))
    else:
        stack_console().print(checks_table(checks))
    if any(one.verdict is Verdict.ERROR for one in checks):
        raise typer.Exit(ExitCode.FAILED)


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

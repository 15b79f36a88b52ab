"""The command `reelwear`: the rooms' commands under one roof."""

import typer

from functions.cli.commands import app as video_commands
from functions.cli.exits import EXIT_HELP, run
from functions.cli.search import app as search_commands
from infra.local.catalog_commands import app as catalog_commands
from infra.local.commands import app as stack_commands
from infra.local.weights.commands import app as model_commands


def build_app() -> typer.Typer:
    """All commands: those of the stack of this machine, and those over what runs."""
    app = typer.Typer(
        name="reelwear",
        help="Drop a reel in a bucket; know what is worn in it, when, in which colour, and what mood it has.",
        epilog=EXIT_HELP,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.add_typer(stack_commands)
    app.add_typer(video_commands)
    app.add_typer(search_commands)
    app.add_typer(model_commands)
    app.add_typer(catalog_commands)
    return app


def main() -> int:
    """Run the command line of this process."""
    return run(build_app())


if __name__ == "__main__":
    raise SystemExit(main())

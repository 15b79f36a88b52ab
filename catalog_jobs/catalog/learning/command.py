"""The commands that learn. What they need is imported when they run, so that `--help` is quick."""

from pathlib import Path
from typing import Annotated

import typer

from catalog_jobs.catalog.learning.options import FinetuneOptions, Layers
from catalog_jobs.catalog.options import AsJson, DataDir

FAILED = 1
INTERRUPTED = 130
SEED = 42
DEFAULTS = FinetuneOptions()
EXTRA = "pip install 'reelwear[models]'"


def prompts(
    out: Annotated[Path, typer.Option("--out", metavar="FILE.csv", help="Where the rows go.", show_default=False)],
    templates: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.json", help='Phrases of your own: ["{color} {type}", "{title}", …].', show_default=False
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed phrases anew and holds out others.")] = SEED,
    product: Annotated[
        str | None, typer.Option(metavar="ID", help="Only the cut-outs of this product.", show_default=False)
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="DIR",
            help="Where `catalog crop` cut the pictures (catalog/pictures in the data folder).",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
    data: DataDir = None,
) -> None:
    """Write a caption for each garment that was cut out of the catalogue's pictures, as CSV to fine-tune on.

    Captions say what the product does: type, colour, fabric, print, title, phrased by templates. One product of ten is
    held out (split val) with all its variants, by a hash: new products move no old one. Pictures that are of no use are
    counted with the reason; exit code 1 if there is no row.

    Example: reelwear catalog prompts --out prompts.csv && reelwear catalog finetune prompts.csv --out tuned
    """
    from rich.console import Console

    from catalog_jobs.catalog.fetching.catalogue import PICTURES_DIR, picture_count
    from catalog_jobs.catalog.learning.progress import counted
    from catalog_jobs.catalog.learning.prompts import make_prompts
    from catalog_jobs.catalog.learning.tables import prompts_view
    from catalog_jobs.catalog.learning.templates import load_templates
    from catalog_jobs.catalog.options import opened_records
    from catalog_jobs.catalog.tables import catalog_console
    from infra.settings import Settings

    phrases = load_templates(templates)
    folder = pictures.expanduser().absolute() if pictures else Settings.load(data).stack.data_dir / PICTURES_DIR
    with opened_records(data) as records:
        total = picture_count(records, product)
        with counted(Console(stderr=True), "pictures", total, is_quiet=as_json) as show:
            report = make_prompts(records, folder, out, phrases, seed, product, show)
    if as_json:
        typer.echo(report.model_dump_json())
    else:
        catalog_console().print(prompts_view(report))
    if not report.rows:
        raise typer.Exit(FAILED)


def finetune(
    table: Annotated[
        Path,
        typer.Argument(metavar="PROMPTS.csv", help="What `catalog prompts` wrote.", show_default=False),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", metavar="DIR", help="Gets checkpoints/, report.json and model/.", show_default=False),
    ],
    model: Annotated[
        str, typer.Option(metavar="embedded|FOLDER", help="Our own embedder, or the folder of a CLIP or SigLIP.")
    ] = "embedded",
    epochs: Annotated[int, typer.Option(min=1, help="At most so many.")] = DEFAULTS.epochs,
    batch: Annotated[int, typer.Option(min=2, help="Pictures compared with one another.")] = DEFAULTS.batch,
    lr: Annotated[
        float | None,
        typer.Option(
            min=0, help="Learning rate of AdamW.", show_default="1e-5; embedded 1e-3, or 1e-4 with --layers all"
        ),
    ] = None,
    weight_decay: Annotated[float, typer.Option(min=0, help="Of matrices, not of biases.")] = DEFAULTS.weight_decay,
    temperature: Annotated[
        float | None,
        typer.Option(min=1e-3, max=1, help="What cosines are divided by.", show_default="the model's own"),
    ] = None,
    learn_temperature: Annotated[
        bool, typer.Option("--learn-temperature", help="Learn it; on few products it tends to harden.")
    ] = False,
    picture_share: Annotated[
        float, typer.Option(min=0, max=10, help="Weight of finding pictures by pictures beside that by captions.")
    ] = DEFAULTS.picture_share,
    layers: Annotated[
        Layers | None,
        typer.Option(help="last trains the projections alone.", show_default="all; embedded last"),
    ] = None,
    patience: Annotated[int, typer.Option(min=1, help="Epochs without a better one.")] = DEFAULTS.patience,
    minutes: Annotated[
        float | None,
        typer.Option(
            min=0, help="End the training after them; the epoch under way does not count.", show_default=False
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Order, views and dropout.")] = SEED,
    threads: Annotated[int, typer.Option(min=0, help="Of the processor; 0 is one a core.")] = DEFAULTS.threads,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:1.")] = DEFAULTS.device,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where the run in DIR was stopped, to the same weights.")
    ] = False,
    promote: Annotated[
        bool, typer.Option("--promote/--no-promote", help="Write DIR/model if the trained model is better.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    r"""Train an embedder on the shop's captions, and keep what was learnt only if it helps.

    A caption that is true of several pictures of a batch is never held against any of them. After each epoch the
    held-out products are searched, by caption and by another picture of the same garment; the measure is the mean of
    the reciprocal ranks of both. It ends after --patience epochs without a better one. DIR/model is written if the
    measure rose beyond chance (95 % bootstrap interval over held-out products) and neither search became worse beyond
    chance. Where it did not help the exit code is 0 too, and the report says promoted false.

    A CLIP or SigLIP of transformers is read from local files, safetensors only, and written as a folder that the model
    server loads (REELWEAR_EMBEDDER=DIR/model). Of our own embedder the weights are those that ship: the image tower's
    are kept as halves, so that no checkpoint of its training is needed; its sentence encoder is not trained.

    Others took AdamW 5e-7 with batches of 8 for 3 epochs: on our drawn shop, over four splits, the reciprocal rank of
    captions went from 0.713 to 0.714 with it, and to 0.797 with the defaults (pictures by pictures: 0.890 to 0.923).
    Needs pip install 'reelwear\[models]'.

    Example: reelwear catalog finetune prompts.csv --model models/fashion-clip --out tuned --minutes 60
    """
    from rich.console import Console

    from infra.errors import ErrorCode, ReelwearError

    try:
        from catalog_jobs.catalog.learning.finetuning import finetune as learn
        from catalog_jobs.catalog.learning.progress import trained
    except ImportError as fault:
        raise ReelwearError(ErrorCode.BAD_SETTING, f"fine-tuning needs {fault.name}: {EXTRA}") from fault
    options = FinetuneOptions(
        epochs=epochs,
        batch=batch,
        rate=lr,
        weight_decay=weight_decay,
        temperature=temperature,
        learns_temperature=learn_temperature,
        picture_share=picture_share,
        patience=patience,
        minutes=minutes,
        layers=layers,
        seed=seed,
        threads=threads,
        device=device,
    )
    with trained(Console(stderr=True), is_quiet=as_json) as show:
        report = learn(table, model, out, options, resume, promote, show)
    if as_json:
        typer.echo(report.model_dump_json())
    else:
        from catalog_jobs.catalog.learning.tables import finetune_view
        from catalog_jobs.catalog.tables import catalog_console

        catalog_console().print(finetune_view(report))
    if report.stopped == "interrupted":
        raise typer.Exit(INTERRUPTED)

"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

from infra.settings import TaggingSettings

DATA_HELP = "Folder with clothing/, ccp/ and reels/, of which only the held-out parts are used."

Data = Annotated[Path | None, typer.Option(help=DATA_HELP)]
Images = Annotated[Path | None, typer.Option(help="Folder of class folders, such as dress/ and hat/; used whole.")]
Photos = Annotated[Path | None, typer.Option(help="Folder of photos.")]
Masks = Annotated[Path | None, typer.Option(help="Folder of label images (8-bit PNG).")]
Labels = Annotated[Path | None, typer.Option(help="JSON list of label names.")]
GroupsFile = Annotated[Path | None, typer.Option("--groups", help="JSON table group → labels.")]
Names = Annotated[Path | None, typer.Option(help="File of photo names to measure on; all if left out.")]
Reels = Annotated[Path | None, typer.Option(help="Folder of reels (.mp4) with truth.json.")]
EmbedderSpec = Annotated[
    str,
    typer.Option(
        "--embedder",
        help="embedded, embedded:FOLDER, a folder or name as REELWEAR_EMBEDDER takes, transformers:FOLDER_OR_ID or "
        "server:URL.",
    ),
]
Distractors = Annotated[int, typer.Option(min=1, help="Pictures among which a garment must be found again.")]
Seed = Annotated[int, typer.Option(min=0, help="Of the views that are made; the same seed makes the same ones.")]
Threads = Annotated[int, typer.Option(min=0, help="Threads; 0 is one a core.")]
Negatives = Annotated[Path | None, typer.Option(help="Folder of pictures without people.")]
# What the product shows of a video if nobody sets anything.
MIN_SCORE: float = TaggingSettings.model_fields["min_detection_score"].default
MinScore = Annotated[float, typer.Option(min=0, max=1, help="What is less sure is no item.")]
Weights = Annotated[Path | None, typer.Option(help="ONNX file of the parser; the shipped one if left out.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Plots = Annotated[Path | None, typer.Option(help="Folder to write plots (PNG) to.")]

"""The whole of a fine-tuning: `reelwear catalog finetune`."""

import hashlib
import os
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Final

import torch

from catalog_jobs.catalog.fetching.layout import replace_text
from catalog_jobs.catalog.folder_lock import only_one
from catalog_jobs.catalog.learning.checkpoints import LAST_FILE, Checkpoint, Story, load_best, load_last
from catalog_jobs.catalog.learning.learner import Learner, device_of, load_learner
from catalog_jobs.catalog.learning.options import FinetuneOptions
from catalog_jobs.catalog.learning.pace import Clock, OnStep, OutOfTime
from catalog_jobs.catalog.learning.pictures import Shelf
from catalog_jobs.catalog.learning.promotion import KIN, MODEL_DIR, cosine_to_before, gain_of, verdict, write_model
from catalog_jobs.catalog.learning.report import FinetuneReport, Promotion
from catalog_jobs.catalog.learning.rows import PromptRow, read_prompts
from catalog_jobs.catalog.learning.training import Trainer
from catalog_jobs.catalog.learning.validation import vectors_of
from infra.errors import ErrorCode, ReelwearError

CHECKPOINTS_DIR, REPORT_FILE, LOCK_FILE = "checkpoints", "report.json", ".finetune.lock"
# Rows without which there is nothing to tell apart.
LEAST_ROWS: Final = 2
# Held-out products below which an interval says little.
FEW_KIN: Final = 20
CHECKED: Final = 8


def finetune(
    prompts: Path,
    model: str,
    out: Path,
    options: FinetuneOptions,
    is_resumed: bool = False,
    is_promoting: bool = True,
    on_step: OnStep = lambda _: None,
) -> FinetuneReport:
    """Train a model on the training rows of a table, and put it into out/model if held-out products say it is better.

    Into `out` go checkpoints/, report.json and model/. An interrupt and the end of the minutes end the training with a
    report on the epochs that were whole.
    Raises BAD_REQUEST, BAD_SETTING, NOT_FOUND, ALREADY_RUNNING and DISK_FULL.
    """
    clock = Clock(time.monotonic(), options.minutes)
    torch.set_num_threads(options.threads or os.cpu_count() or 1)
    table = read_prompts(prompts, options.seed)
    skipped = Counter(table.skipped)
    checkpoints = out / CHECKPOINTS_DIR
    with only_run(out), Shelf(options.threads or os.cpu_count() or 1, options.seed) as shelf:
        if not is_resumed and (checkpoints / LAST_FILE).is_file():
            message = f"{out} holds a fine-tuning already; go on with --resume, or give another --out"
            raise ReelwearError(ErrorCode.BAD_REQUEST, message)
        learner = load_learner(model, options, device_of(options.device))
        rows = list(shelf.readable(table.rows, skipped, lambda done: on_step(clock.reading(done, len(table.rows)))))
        train, val = ([row for row in rows if row.split == side] for side in ("train", "val"))
        check_rows(prompts, train, val)
        checkpoints.mkdir(parents=True, exist_ok=True)
        trainer = Trainer(learner, train, val, options, shelf, checkpoints, clock, on_step)
        key = key_of(prompts, learner, options)
        found = load_last(checkpoints, key)
        if found:
            trainer.go_on(found)
        begun = found or trainer.begin(key)
        story, stopped = train_on(trainer, begun, checkpoints, key)
        promotion = promote(learner, story, begun, val, shelf, out, options, is_promoting)
    report = FinetuneReport(
        model=model,
        family=learner.family,
        version=learner.version,
        prompts=str(prompts),
        train_rows=len(train),
        val_rows=len(val),
        train_products=len({row.product_id for row in train}),
        val_products=len({row.product_id for row in val}),
        skipped=dict(skipped.most_common()),
        device=str(learner.scale_parameters[0].device),
        precision="bfloat16" if learner.scale_parameters[0].device.type == "cuda" else "float32",
        rate=trainer.rate,
        temperature=round(learner.temperature(), 6),
        options=asdict(options) | {"layers": learner.layers},
        before=story.before.validation,
        after=story.best.validation,
        best_epoch=story.best_epoch,
        epochs=story.epochs,
        stopped=stopped,
        promotion=promotion,
        how_to_use=how_to_use(out / MODEL_DIR) if promotion.promoted else (),
        notes=notes_of(learner, story, promotion),
        seconds=round(clock.seconds, 2),
    )
    replace_text(out / REPORT_FILE, report.model_dump_json(indent=2) + "\n")
    return report


def train_on(trainer: Trainer, begun: Checkpoint, checkpoints: Path, key: dict[str, str]) -> tuple[Story, str]:
    """Train from a checkpoint; where the run stands at its end, and why it ended."""
    try:
        story = trainer.run(begun.story, begun.before)
    except (OutOfTime, KeyboardInterrupt) as end:
        kept = load_last(checkpoints, key)
        return kept.story if kept else begun.story, "minutes" if isinstance(end, OutOfTime) else "interrupted"
    return story, story.stopped or "done"


def promote(
    learner: Learner,
    story: Story,
    begun: Checkpoint,
    val: Sequence[PromptRow],
    shelf: Shelf,
    out: Path,
    options: FinetuneOptions,
    is_promoting: bool,
) -> Promotion:
    """Judge the best epoch, and write it where it is better."""
    gain = gain_of(story) if story.best_epoch else None
    is_better, reason = verdict(story, gain)
    least = turned = None
    if story.best_epoch:
        load_best(out / CHECKPOINTS_DIR, story.best_epoch, learner.module)
        turned = round(cosine_to_before(begun.before, vectors_of(learner, val, shelf, options.batch)[1]), 4)
    if is_better and is_promoting:
        some = val[:CHECKED]
        least = round(write_model(learner, out, shelf.plain(some), [row.text for row in some]), 6)
    elif is_better:
        reason += "; it was not to be promoted"
    return Promotion(
        promoted=is_better and is_promoting,
        reason=reason,
        gain=gain,
        folder=str(out / MODEL_DIR) if is_better and is_promoting else None,
        least_cosine=least,
        cosine_to_before=turned,
    )


def check_rows(prompts: Path, train: Sequence[PromptRow], val: Sequence[PromptRow]) -> None:
    """Raises BAD_REQUEST where one side is too small."""
    for side, rows in (("train", train), ("val", val)):
        if len(rows) < LEAST_ROWS:
            raise ReelwearError(
                ErrorCode.BAD_REQUEST,
                f"{prompts} has {len(rows)} usable rows of the side {side}, and {LEAST_ROWS} are the least; bring in "
                "more products, or set the column split by hand, by product",
            )


def key_of(prompts: Path, learner: Learner, options: FinetuneOptions) -> dict[str, str]:
    """What a run is begun with."""
    told = {name: str(value) for name, value in options.shaping.items()}
    digest = hashlib.sha256(prompts.read_bytes()).hexdigest()[:12]
    return told | {"prompts": digest, "model": f"{learner.family} {learner.version}", "layers": learner.layers}


def how_to_use(folder: Path) -> tuple[str, ...]:
    """What to do for the model to be used."""
    return (f"export REELWEAR_EMBEDDER={folder}", "reelwear up", "reelwear catalog index", "reelwear catalog rematch")


def notes_of(learner: Learner, story: Story, promotion: Promotion) -> tuple[str, ...]:
    """What to know of the figures and of the model."""
    notes = []
    kin = len(story.before.samples.keys)
    if kin < FEW_KIN:
        notes.append(f"only {KIN.format(kin)}: with more of them smaller gains can be told from chance")
    if story.before.validation.image_to_image is None:
        notes.append("no held-out product has two pictures of a garment: search by picture was not measured")
    if promotion.promoted:
        spec = f"embedded:{promotion.folder}" if learner.family == "reelwear" else promotion.folder
        notes.append(
            "what it gained on this shop it may have lost on pictures of others; "
            f"`python -m catalog_jobs.evaluate embedder --embedder {spec} --data DIR` measures that"
        )
    if promotion.promoted and learner.family == "reelwear":
        notes.append(
            "cut-offs, chances of words and attributes are those fitted for the model before; "
            f"`python -m catalog_jobs.embedder.fit --weights {promotion.folder} --data DIR` fits them anew"
        )
    return tuple(notes)


def only_run(out: Path) -> AbstractContextManager[None]:
    """Hold the folder of a run; raises as `only_one` does."""
    other = "give another --out"
    return only_one(out, LOCK_FILE, f"another run is at work in {out}; wait for it, or {other}", other)

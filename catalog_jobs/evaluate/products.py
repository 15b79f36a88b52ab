"""The command `products`: garments of reels matched with a catalogue of the very garments, among many others."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import JsonValue

from catalog_jobs.evaluate import options
from catalog_jobs.evaluate.console import measures_table, note, refusing, show
from catalog_jobs.evaluate.data.offered import Offer, offers
from catalog_jobs.evaluate.data.reels import read_reels
from catalog_jobs.evaluate.data.returning import returning_reels
from catalog_jobs.evaluate.data.sources import Given
from catalog_jobs.evaluate.document import Document, Part, build_document, facts_of
from catalog_jobs.evaluate.embedders import cores, load_embedder
from catalog_jobs.evaluate.matching import load_cutoffs
from catalog_jobs.evaluate.measures.samples import Rates, Samples
from catalog_jobs.evaluate.offer_search import Shelf, Worn, worn_in
from catalog_jobs.evaluate.tracking import Tracker
from functions.matching.fit import Fit
from functions.matching.ranking import Match
from infra.settings import TaggingSettings
from serve_app.models.garment_parser import GarmentParserModel

OTHER_PHOTOS: Final = 300

app = typer.Typer()


@app.command("products")
def command(
    data: options.Data = None,
    photos: options.Photos = None,
    masks: options.Masks = None,
    labels: options.Labels = None,
    groups: options.GroupsFile = None,
    names: options.Names = None,
    reels: options.Reels = None,
    others: Annotated[int, typer.Option(min=0, help="Photos of --data whose garments are for sale besides.")] = (
        OTHER_PHOTOS
    ),
    embedder: options.EmbedderSpec = "embedded",
    cutoffs: Annotated[Path | None, typer.Option(help="image_text.json to take the cut-offs from.")] = None,
    weights: options.Weights = None,
    seed: options.Seed = 0,
    threads: options.Threads = 0,
    as_json: options.AsJson = False,
) -> None:
    """Whether garments worn in reels are matched with the products that they are.

    Products are garments of photos, cut out by people and put on white; the reels show the same photos. Each garment is
    also looked for where it is not for sale, and without its colour.
    """
    with refusing():
        given = Given(data, None, photos, masks, labels, groups, names, reels)
        model = load_embedder(embedder, threads)
        fitted = load_cutoffs(cutoffs) if cutoffs else model.cutoffs
        parser = GarmentParserModel(weights, threads or cores())
        tracker = Tracker(parser, model, fitted, TaggingSettings())
        document = measure(embedder, tracker, given, others, seed, threads or cores(), watch=not as_json)
    if as_json:
        print(document.model_dump_json())
    else:
        show(measures_table(f"products by {document.model.name} {document.model.version}", document.measures))


def measure(spec: str, tracker: Tracker, given: Given, n_others: int, seed: int, threads: int, watch: bool) -> Document:
    """Both kinds of reels, judged on photos that nothing was fitted on; raises ValueError where no photos with label
    images were given.
    """
    labelled, reels = given.labelled_photos(), given.reels_folder()
    if labelled is None:
        raise ValueError(
            "no photos with label images were given; give --data, or --photos, --masks, --labels, --groups"
        )
    others = given.other_photos(n_others, seed)
    note("products", watch)
    every: Iterator[Offer] = chain(offers(labelled), offers(others) if others else ())
    shelf = Shelf.of(tracker.embedder, every)
    parts = []
    note("reels with returning shots", watch)
    shots = (worn_in(tracker, [(s.photo, s.frame) for s in made]) for _, made in returning_reels(labelled, seed))
    parts.append(measure_worn("products", judged(given, chain.from_iterable(shots)), shelf, tracker))
    if reels:
        note(f"reels of {reels}", watch)
        found = (worn_in(tracker, [(f.photo, f.frame) for f in frames]) for _, frames in read_reels(reels, 1))
        parts.append(measure_worn("products_reels", judged(given, chain.from_iterable(found)), shelf, tracker))
    facts: dict[str, JsonValue] = {
        "labelled_photos": len(labelled),
        "products": len(shelf.offers),
        "parser_version": tracker.parser.version,
        "has_cutoffs": bool(tracker.cutoffs),
        "is_held_out_part": given.data is not None,
    }
    return build_document("products", facts_of(spec, tracker.embedder, threads), facts, parts)


def judged(given: Given, worn: Iterator[Worn]) -> list[Worn]:
    """The garments that may judge what was fitted, as far as they have a vector."""
    return [one for one in worn if one.item.vector is not None and given.judges(one.photo)]


def measure_worn(prefix: str, worn: Sequence[Worn], shelf: Shelf, tracker: Tracker) -> Part:
    """recall_at_1 and _5: of the garments that are for sale, those found first, or among the first five.

    exact.precision: of those called exact, the very products. exact.recall: of the garments for sale, those rightly
    called exact. exact.half_for_sale: the precision where each garment is looked for once with and once without its
    product. exact.not_for_sale: of the garments that are not for sale, those called exact. similar.precision: of those
    called similar, the very product or another of the same type and basic colour; similar.not_for_sale: the same where
    the very product is not for sale. without_color: as if all products had the garment's colour. A garment that is worn
    in two photos counts as wrong where it is matched with the other one's.
    """
    fit = Fit(dict(tracker.cutoffs))
    very = [shelf.very(one) for one in worn]
    samples: dict[str, Samples] = {}
    sold = [shelf.near(one, fit) for one in worn]
    missing = [shelf.without(one.photo).near(one, fit) for one in worn]
    samples |= _listed(prefix, worn, very, sold, shelf)
    samples |= _unlisted(prefix, worn, very, sold, missing, shelf)
    plain = [shelf.near(one, fit, has_color=False) for one in worn]
    samples |= _listed(f"{prefix}.without_color", worn, very, plain, shelf)
    return Part(samples, {prefix: {"garments": len(worn), "for_sale": sum(map(bool, very))}})


Verys = Sequence[frozenset[str]]
Found = Sequence[Sequence[Match]]


def _listed(prefix: str, worn: Sequence[Worn], very: Verys, found: Found, shelf: Shelf) -> dict[str, Samples]:
    keys = [one.photo for one in worn]
    is_sold = [float(bool(ids)) for ids in very]
    is_exact, is_similar = _said(found, "exact"), _said(found, "similar")
    is_right = [bool(near) and near[0].product_id in ids for ids, near in zip(very, found, strict=True)]
    alike = _alike(worn, found, shelf)
    samples: dict[str, Samples] = {
        f"{prefix}.recall_at_{k}": Rates.gather("photo", keys, _hits(very, found, k), is_sold) for k in (1, 5)
    }
    samples[f"{prefix}.exact.precision"] = Rates.gather("photo", keys, _both(is_exact, is_right), is_exact)
    samples[f"{prefix}.exact.recall"] = Rates.gather("photo", keys, _both(is_exact, is_right), is_sold)
    good = [right or like for right, like in zip(is_right, alike, strict=True)]
    samples[f"{prefix}.similar.precision"] = Rates.gather("photo", keys, _both(is_similar, good), is_similar)
    return samples


def _unlisted(
    prefix: str, worn: Sequence[Worn], very: Verys, sold: Found, missing: Found, shelf: Shelf
) -> dict[str, Samples]:
    keys = [one.photo for one in worn]
    is_exact, is_wrong = _said(sold, "exact"), _said(missing, "exact")
    right = [bool(near) and near[0].product_id in ids for ids, near in zip(very, sold, strict=True)]
    said = [one + other for one, other in zip(is_exact, is_wrong, strict=True)]
    is_similar = _said(missing, "similar")
    alike = _alike(worn, missing, shelf)
    return {
        f"{prefix}.exact.half_for_sale": Rates.gather("photo", keys, _both(is_exact, right), said),
        f"{prefix}.exact.not_for_sale": Rates.gather("photo", keys, is_wrong),
        f"{prefix}.similar.not_for_sale": Rates.gather("photo", keys, _both(is_similar, alike), is_similar),
    }


def _said(found: Found, match_type: str) -> list[float]:
    return [float(bool(near) and near[0].match_type == match_type) for near in found]


def _hits(very: Verys, found: Found, k: int) -> list[float]:
    return [float(any(one.product_id in ids for one in near[:k])) for ids, near in zip(very, found, strict=True)]


def _both(first: Sequence[float], second: Sequence[bool]) -> list[float]:
    return [one * other for one, other in zip(first, second, strict=True)]


def _alike(worn: Sequence[Worn], found: Found, shelf: Shelf) -> list[bool]:
    """Whether the first product is of the garment's type and basic colour."""
    by_id: Mapping[str, Offer] = {offer.product_id: offer for offer in shelf.offers}
    said = [by_id[near[0].product_id] if near else None for near in found]
    return [
        offer is not None
        and offer.color is not None
        and one.item.color is not None
        and (offer.type, offer.color.basic) == (one.item.type, one.item.color.basic)
        for one, offer in zip(worn, said, strict=True)
    ]

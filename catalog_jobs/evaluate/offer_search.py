"""The items of reels looked for among products whose truth is known, by the same steps as in the product."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from catalog_jobs.evaluate.data.offered import Offer
from catalog_jobs.evaluate.embedders import Embedder, Vectors, embed_stream
from catalog_jobs.evaluate.tracking import Tracker, look
from functions.matching.fit import Fit
from functions.matching.ranking import Match, matches
from functions.matching.scoring import Candidate, Sought
from functions.tagging.items import Item, find_items
from serve_app.models.pictures import Image

# As many as the product asks its vector store for.
CANDIDATES: Final = 128
TOP: Final = 5


@dataclass(frozen=True)
class Worn:
    """An item of a reel. photo: that most of its sightings show."""

    photo: str
    item: Item


@dataclass(frozen=True)
class Shelf:
    """Products and their vectors (N×D), in one order."""

    offers: Sequence[Offer]
    vectors: Vectors

    @classmethod
    def of(cls, embedder: Embedder, offers: Iterable[Offer]) -> "Shelf":
        """With what the embedder makes of their cut-outs; the pictures are not kept."""
        no_picture, no_mask = np.zeros((0, 0, 3), np.uint8), np.zeros((0, 0), np.bool_)
        bare: list[Offer] = []

        def served() -> Iterator[Image]:
            for offer in offers:
                bare.append(replace(offer, picture=no_picture, mask=no_mask))
                yield offer.served

        vectors = embed_stream(embedder, served())
        return cls(bare, vectors)

    def without(self, photo: str) -> "Shelf":
        """The shelf of a shop that does not sell what this photo shows."""
        kept = [index for index, offer in enumerate(self.offers) if offer.photo != photo]
        return Shelf([self.offers[index] for index in kept], self.vectors[kept])

    def very(self, worn: Worn) -> frozenset[str]:
        """The products that an item is: of its photo and type, else of its photo and a type it gets confused with."""
        own = [offer for offer in self.offers if offer.photo == worn.photo]
        same = {offer.product_id for offer in own if offer.type == worn.item.type}
        types = Sought(worn.item.type, None, np.zeros(0, np.float32)).types
        return frozenset(same or {offer.product_id for offer in own if offer.type in types})

    def near(self, worn: Worn, fit: Fit, has_color: bool = True) -> tuple[Match, ...]:
        """The TOP products that an item may be, as the product finds them; without the vector of the item none.

        With `has_color` false as if every product had the colour of the item.
        """
        item = worn.item
        if item.vector is None:
            return ()
        sought = Sought(item.type, item.color.hex if item.color else None, item.vector)
        cosines = self.vectors @ item.vector
        nearest = [index for index in np.argsort(-cosines).tolist() if self.offers[index].type in sought.types]
        candidates = [candidate_of(self.offers[index], float(cosines[index])) for index in nearest[:CANDIDATES]]
        if not has_color:
            candidates = [replace(one, color_hex=sought.color_hex) for one in candidates]
        return matches(sought, candidates, fit, TOP)


def candidate_of(offer: Offer, cosine: float) -> Candidate:
    """A product by its one picture."""
    color = offer.color
    return Candidate(
        product_id=offer.product_id,
        part="0",
        kind="image",
        cosine=cosine,
        types=(offer.type,),
        color_hex=color.hex if color else None,
        color_basic=color.basic if color else None,
    )


def worn_in(tracker: Tracker, frames: Sequence[tuple[str, Image]]) -> Iterator[Worn]:
    """The items of a reel, from the photo and picture of each frame, which is a shot of its own."""
    seen = [look(tracker, index, picture)[1] for index, (_, picture) in enumerate(frames)]
    for item in find_items(seen, tracker.settings, tracker.cutoffs):
        photos = Counter(frames[sighting.keyframe][0] for sighting in item.sightings)
        yield Worn(photos.most_common(1)[0][0], item)

"""Products of the catalogue found by their vectors, one hit a product; all that is said of them is told from the
records at that moment.
"""

from collections.abc import Collection, Sequence
from functools import lru_cache

from functions.search.chances import Label, WordsFit, WordsFits, fit_on, probes
from functions.search.color_words import colors_named
from functions.search.embedding import QueryEmbedder
from functions.search.facets import facets_of
from functions.search.parts import Parts, ProductFacts
from functions.search.product_answers import ProductAnswer, ProductHit
from functions.search.product_index import ProductIndex, open_live, why_no_index
from functions.search.product_query import ProductQuery
from functions.search.product_ranking import Ranked, ranked
from functions.search.stored import of_its_type, products_named, stored_of
from functions.search.wanted import Stored, Wanted, wanted_of
from functions.services import Services
from infra.errors import ErrorCode, ReelwearError

# Points asked for at first, of pictures and of texts; by how much more where too few products are among them.
FIRST_POINTS, MORE, MOST_POINTS = 48, 4, 8192
# Products to choose from for each one asked for, and the points that these take at first: the nearest by one vector
# need not be the best by all, and a product has several.
TO_CHOOSE_FROM, POINTS_A_HIT = 1.5, 5
# Products and descriptions that a fit of words is made on.
MOST_LABELLED, MOST_PROBES = 400, 32


def search_products(
    services: Services, embedder: QueryEmbedder, query: ProductQuery, picture: bytes | None = None
) -> ProductAnswer:
    """The products of the live index that are nearest to what a query and a picture (JPEG or PNG) say.

    Raises BAD_REQUEST for a query that names nothing to search by, NOT_FOUND for an unknown product or cut-out,
    BAD_SETTING where another embedder runs than the index has, STORE_DOWN, and what the embedder raises.
    """
    if query.is_empty(has_picture=picture is not None):
        message = "nothing to search by; give text, a picture, a product or a crop"
        raise ReelwearError(ErrorCode.BAD_REQUEST, message)
    index = open_live(services)
    if index is None:
        return ProductAnswer(warning=why_no_index(services))
    stored = stored_of(services.records, query, index.meaning.embedder)
    return find_products(index, embedder, query, picture, stored)


def find_products(
    index: ProductIndex,
    embedder: QueryEmbedder,
    query: ProductQuery,
    picture: bytes | None = None,
    stored: Sequence[Stored] = (),
) -> ProductAnswer:
    """The same in any index. stored: the vectors of what the query names by id, which is not found itself."""
    query = of_its_type(query, picture is not None, stored)
    wanted = wanted_of(query, picture, stored, embedder, index.meaning, query.type)
    known = weighed(index, wanted, query, products_named(query))
    parts = index.parts([one.product_id for one in known]).of_type(query.type)
    asks_model = query.text is not None or bool(query.without)
    plain = WordsFit(image=index.meaning.words)
    fits = words_fits(index, embedder) if asks_model else WordsFits(plain, plain)
    colors = colors_named(query.text)
    found = ranked(parts, known, wanted, fits.of(query.text), fits.several, query.threshold, colors)
    fitting = [one for one in found if one.fits]
    facts = {one.product_id: one for one in known}
    hits = hits_of(index, parts, facts, fitting[: query.limit] or found[:1])
    return ProductAnswer(
        model=wanted.model,
        hits=hits if fitting else (),
        left_out=sum(not one.fits for one in found[: query.limit]),
        nearest=hits[0] if hits and not fitting else None,
        weighed=len(found),
        facets=facets_of([facts[one.product_id] for one in fitting]),
        warning=warning_of(index, query, known),
    )


def weighed(index: ProductIndex, wanted: Wanted, query: ProductQuery, named: Collection[str]) -> list[ProductFacts]:
    """Products that come near and that the query's filters let in, enough to choose among; without those named."""
    kinds = [kind for kind in index.kinds if kind == "image" or wanted.picture is None]
    asked = max(FIRST_POINTS, query.limit * POINTS_A_HIT)
    while True:
        near = {kind: index.nearest(wanted.vector, kind, asked, query) for kind in kinds}
        ids = dict.fromkeys(one for found in near.values() for one in found if one not in named)
        facts = index.facts(list(ids)).values()
        let_in = [one for one in facts if query.lets_in(one.price, one.currency, one.stock)]
        is_all = all(len(found) < asked for found in near.values())
        if is_all or len(let_in) >= query.limit * TO_CHOOSE_FROM or asked >= MOST_POINTS:
            return let_in
        asked *= MORE


@lru_cache(maxsize=4)
def words_fits(index: ProductIndex, embedder: QueryEmbedder) -> WordsFits:
    """What cosines with words mean in an index, fitted on its own products; asked for once for each state of it.

    No fit exists for words against words. So the embedder is asked for "red skirt" and for "skirt", of colours and
    types that products have, and what tells the products that are so from all others tells likely from unlikely.
    """
    facts = [one for one in index.facts(index.some(MOST_LABELLED)).values() if one.color and one.types]
    labels: list[Label] = [(one.color or "", one.types[0]) for one in facts]
    several, single = probes(labels, MOST_PROBES), probes([("", kind) for _, kind in labels], MOST_PROBES)
    texts = [" ".join(filter(None, one)) for one in (*several, *single)]
    vectors = embedder.words(texts) if texts else []
    parts = index.parts([one.product_id for one in facts])
    cosines = [(parts.nearest(one, is_text=False)[0], parts.nearest(one, is_text=True)[0]) for one in vectors]
    known = index.meaning.words
    return WordsFits(
        single=fit_on(labels, single, cosines[len(several) :], known),
        several=fit_on(labels, several, cosines[: len(several)], known),
    )


def hits_of(
    index: ProductIndex, parts: Parts, facts: dict[str, ProductFacts], chosen: Sequence[Ranked]
) -> tuple[ProductHit, ...]:
    """Ranked products as they are shown."""
    urls = index.picture_urls({(one.product_id, parts.names[one.row]) for one in chosen})
    return tuple(hit_of(one, parts, facts[one.product_id], urls) for one in chosen)


def hit_of(one: Ranked, parts: Parts, facts: ProductFacts, urls: dict[tuple[str, str], str]) -> ProductHit:
    """One product as it is shown."""
    name = parts.names[one.row]
    return ProductHit(
        product_id=one.product_id,
        title=facts.title,
        score=one.score,
        confidence=one.confidence,
        match=one.match,
        part=name,
        parts={kind: cosine for kind, cosine in (("image", one.image), ("text", one.text)) if cosine is not None},
        type=next(iter(facts.types), None),
        types=facts.types,
        color=facts.color,
        color_name=facts.color_name,
        price=facts.price,
        list_price=facts.list_price,
        currency=facts.currency,
        stock=facts.stock,
        group_id=facts.group_id,
        crop_file=parts.files[one.row],
        picture_url=urls.get((one.product_id, name)),
    )


def warning_of(index: ProductIndex, query: ProductQuery, known: Sequence[ProductFacts]) -> str | None:
    """What keeps products from being found; also prices that are compared although their currencies differ."""
    if not known:
        return index.why_nothing()
    currencies = sorted({one.currency for one in known if one.currency})
    if query.has_price and len(currencies) > 1:
        return f"prices are in {', '.join(currencies)} and were compared as numbers; give a currency"
    return None

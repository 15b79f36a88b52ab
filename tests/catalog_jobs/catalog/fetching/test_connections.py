"""Connections kept between requests, and those that are not."""

import pytest

from catalog_jobs.catalog.pictures import Picture
from tests.catalog_jobs.catalog.fetching.conftest import Fetch
from tests.catalog_jobs.catalog.fetching.drawn import drawn
from tests.catalog_jobs.catalog.fetching.shop import Served, Shop


def rows(shop: Shop, *served: Served) -> list[Picture]:
    return [Picture(str(place), 0, shop.serve(f"/{place}.jpg", one)) for place, one in enumerate(served)]


@pytest.mark.parametrize(
    "served",
    [
        pytest.param(Served(drawn()), id="a length"),
        pytest.param(Served(drawn(), is_chunked=True), id="chunks"),
        pytest.param(Served(b"gone", 404), id="a short page"),
        pytest.param(Served(b"", 404), id="an empty page"),
        pytest.param(Served(b"", 404, is_chunked=True), id="no chunks"),
        pytest.param(Served(b"moved", 302, {"Location": "/0.jpg"}), id="a redirect"),
    ],
)
def test_a_connection_serves_many_requests(served: Served, shop: Shop, fetch: Fetch) -> None:
    pictures = rows(shop, *[Served(drawn())] * 3, *[served] * 7)
    assert fetch(pictures, at_once=1, at_once_per_host=1).pictures == 10
    assert len(shop.asked) >= 10
    assert shop.connections == 1


@pytest.mark.parametrize(
    "served",
    [
        pytest.param(Served(drawn(), headers={"Connection": "close"}), id="the server wants it closed"),
        pytest.param(Served(b"x" * 100_000, 404), id="a long page"),
        pytest.param(Served(drawn() + b"HTTP/1.1 200 OK", told_bytes=len(drawn())), id="more than was told"),
        pytest.param(Served(b"GIF89a" + b"\0" * 100_000), id="given up at its first bytes"),
    ],
)
def test_a_connection_that_is_not_at_its_end_is_not_used_again(served: Served, shop: Shop, fetch: Fetch) -> None:
    pictures = rows(shop, served, Served(drawn()))
    fetch(pictures, at_once=1, at_once_per_host=1)
    assert len(shop.asked) == 2
    assert shop.connections == 2


def test_a_connection_that_the_server_closed_meanwhile_costs_no_attempt(shop: Shop, fetch: Fetch) -> None:
    shop.requests_a_connection = 2
    report = fetch(rows(shop, *[Served(drawn())] * 8), at_once=1, at_once_per_host=1, attempts=1)
    assert report.fetched == 8
    assert shop.connections == 4
    assert len(shop.asked) == 8


def test_idle_connections_are_no_more_than_requests_may_be_under_way(shop: Shop, fetch: Fetch) -> None:
    url = shop.serve("/a.jpg", Served(drawn()))
    hosts = [f"h{one}.example" for one in range(12)] * 2
    pictures = [Picture(str(place), 0, url.replace("127.0.0.1", host)) for place, host in enumerate(hosts)]
    most: list[int] = []
    report = fetch(
        pictures, at_once=2, trusted_hosts=frozenset(hosts), on_progress=lambda _: most.append(shop.open_now)
    )
    assert report.fetched == 24
    assert max(most) <= 2 + 2 + 1


def test_a_head_without_end_is_broken_off(shop: Shop, fetch: Fetch) -> None:
    endless = Served(drawn(), headers={f"X-{one}": "y" * 1000 for one in range(200)})
    assert fetch(rows(shop, endless)).reasons == {"broken_off": 1}

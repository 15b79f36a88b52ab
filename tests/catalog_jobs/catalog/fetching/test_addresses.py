"""Which addresses are connected to, whatever form a URL gives them."""

import asyncio
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from catalog_jobs.catalog.fetching.addresses import Address, Resolve, addresses_of, resolve_name, why_refused
from catalog_jobs.catalog.fetching.faults import PictureFault, Reason
from catalog_jobs.catalog.fetching.job import fetch_pictures
from catalog_jobs.catalog.pictures import Picture
from tests.catalog_jobs.catalog.fetching.conftest import QUICK, Fetch
from tests.catalog_jobs.catalog.fetching.drawn import drawn
from tests.catalog_jobs.catalog.fetching.shop import Served, Shop

REFUSED = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.0.9",
    "168.63.129.16", "169.254.0.1", "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.0.0.192",
    "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9",
    "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1",
    "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "fc00::1", "fd00:ec2::254",
    "fe80::1", "fe80::1%1", "fec0::1", "ff02::1",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "23.227.38.33", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.169.0.1",
    "223.255.255.255", "2606:4700::1111", "2a00:1450:4001::1", "64:ff9b::808:808", "::ffff:8.8.8.8",
]  # fmt: skip

# The same machine in the forms in which a URL may write it.
FORMS = [
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.0.0.1", "0", "0.0.0.0", "[::1]", "[::]",
    "[::ffff:127.0.0.1]", "[0:0:0:0:0:ffff:7f00:1]", "localhost", "LOCALHOST", "user:secret@127.0.0.1",
    "127.0.0.1%2f@127.0.0.1", "127。0。0。1", "①②⑦.⓪.⓪.①",
]  # fmt: skip


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert why_refused(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_passes(address: str) -> None:
    assert why_refused(ip_address(address)) == ""


@pytest.mark.parametrize("host", FORMS)
def test_no_form_of_this_machine_is_connected_to(host: str, shop: Shop, tmp_path: Path) -> None:
    shop.serve("/a.jpg", Served(drawn()))
    report = fetch_pictures([Picture("1", 0, f"http://{host}:{shop.port}/a.jpg")], tmp_path / "out")
    assert report.failed == 1
    assert report.failures[0].reason in (Reason.REFUSED_ADDRESS, Reason.BAD_URL, Reason.UNKNOWN_HOST)
    assert shop.connections == 0


def test_an_allowed_host_is_connected_to_and_no_other(shop: Shop, fetch: Fetch) -> None:
    shop.serve("/a.jpg", Served(drawn()))
    rows = [Picture(host, 0, f"http://{host}:{shop.port}/a.jpg") for host in ("shop.example", "third.example")]
    report = fetch(rows)
    assert (report.fetched, report.reasons) == (1, {"refused_address": 1})
    assert {one.host for one in shop.asked} == {"shop.example"}


def test_a_name_is_resolved_once_and_the_connection_goes_where_was_judged(shop: Shop, tmp_path: Path) -> None:
    shop.serve("/a.jpg", Served(drawn()))
    answers = [["203.0.113.1", "10.0.0.1"], ["127.0.0.1"]]

    async def changing(_host: str, _port: int) -> list[Address]:
        return [ip_address(one) for one in answers.pop(0)]

    rows = [Picture("1", 0, f"http://shop.example:{shop.port}/a.jpg")]
    report = fetch_pictures(rows, tmp_path / "out", resolve=changing)
    assert report.reasons == {"refused_address": 1}
    assert (answers, shop.connections) == ([["127.0.0.1"]], 0)


def resolving(*addresses: str) -> Resolve:
    async def resolve(_host: str, _port: int) -> list[Address]:
        return [ip_address(one) for one in addresses]

    return resolve


def test_of_several_addresses_only_the_public_ones_are_tried() -> None:
    resolve = resolving("10.0.0.1", "8.8.8.8", "::1", "1.1.1.1")
    judged = asyncio.run(addresses_of("shop.example", 80, is_trusted=False, resolve=resolve))
    assert judged == [ip_address("8.8.8.8"), ip_address("1.1.1.1")]
    assert len(asyncio.run(addresses_of("shop.example", 80, is_trusted=True, resolve=resolve))) == 4


def test_the_next_address_is_tried_where_one_does_not_answer(shop: Shop, tmp_path: Path) -> None:
    shop.serve("/a.jpg", Served(drawn()))
    rows = [Picture("1", 0, f"http://shop.example:{shop.port}/a.jpg")]
    resolve = resolving("127.0.0.2", "127.0.0.1")
    assert fetch_pictures(rows, tmp_path / "out", QUICK, resolve=resolve).fetched == 1


def test_a_name_server_that_is_silent_is_a_connection_that_times_out(tmp_path: Path) -> None:
    async def silent(_host: str, _port: int) -> list[Address]:
        await asyncio.sleep(60)
        return []

    rows = [Picture("1", 0, "http://shop.example/a.jpg")]
    report = fetch_pictures(rows, tmp_path / "out", replace(QUICK, connect_timeout_s=0.05), resolve=silent)
    assert report.failures[0].message == "the address of shop.example was not found in 0.05 s"
    assert (report.reasons, report.failures[0].attempts) == ({"timed_out": 1}, QUICK.attempts)


@pytest.mark.parametrize("host", ["x" * 70 + ".example", "a..b"])
def test_what_cannot_be_a_name_is_named(host: str) -> None:
    with pytest.raises(PictureFault) as caught:
        asyncio.run(resolve_name(host, 80))
    assert caught.value.reason is Reason.UNKNOWN_HOST

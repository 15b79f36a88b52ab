"""Servers that say who they are, and those that cannot."""

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog_jobs.catalog.fetching.job import fetch_pictures
from catalog_jobs.catalog.pictures import Picture
from tests.catalog_jobs.catalog.fetching.conftest import QUICK
from tests.catalog_jobs.catalog.fetching.drawn import drawn
from tests.catalog_jobs.catalog.fetching.shop import Served, Shop, open_shop

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of shop.example, signed by itself, and its key beside it."""
    folder = tmp_path_factory.mktemp("certificate")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=shop.example"]
    command += ["-addext", "subjectAltName=DNS:shop.example", "-keyout", "key.pem", "-out", "shop.pem"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "shop.pem"


@pytest.fixture
def secure(certificate: Path) -> Iterator[Shop]:
    security = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    security.load_cert_chain(certificate, certificate.with_name("key.pem"))
    with open_shop(security) as shop:
        shop.serve("/a.jpg", Served(drawn()))
        yield shop


def rows(shop: Shop, *hosts: str) -> list[Picture]:
    return [Picture(host, 0, f"https://{host}:{shop.port}/a.jpg") for host in hosts]


def test_a_certificate_that_nobody_vouches_for_is_refused(secure: Shop, tmp_path: Path) -> None:
    report = fetch_pictures(rows(secure, "shop.example"), tmp_path / "out", QUICK, resolve=secure.resolve)
    assert report.reasons == {"bad_certificate": 1}
    assert (report.failures[0].attempts, secure.asked) == (1, [])
    assert "the certificate of shop.example is not valid: self-signed" in report.failures[0].message


def test_a_certificate_counts_for_its_own_name_alone(
    secure: Shop, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    both = rows(secure, "shop.example", "other.example")
    report = fetch_pictures(both, tmp_path / "out", QUICK, resolve=secure.resolve)
    assert (report.fetched, report.reasons) == (1, {"bad_certificate": 1})
    assert [one.host for one in secure.asked] == ["shop.example"]

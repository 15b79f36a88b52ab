"""Which URLs name one picture, which of them is the largest, and ids as names of files."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_jobs.catalog.pictures import asked_px, largest_variant, picture_key, safe_name

SAFE = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,79}")
SHOP = "https://cdn.shopify.com/s/files/1/0001/products"


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(f"{SHOP}/a-dress.jpg", id="as uploaded"),
        pytest.param(f"{SHOP}/a-dress.jpg?v=1700000000", id="a version"),
        pytest.param(f"{SHOP}/a-dress_1600x.jpg?v=1", id="a width"),
        pytest.param(f"{SHOP}/a-dress_512x.jpg", id="another width"),
        pytest.param(f"{SHOP}/a-dress_x512.jpg", id="a height"),
        pytest.param(f"{SHOP}/a-dress_600x600.jpg", id="both"),
        pytest.param(f"{SHOP}/a-dress_600x600_crop_center.jpg", id="cropped"),
        pytest.param(f"{SHOP}/a-dress_600x600@2x.jpg", id="for a dense screen"),
        pytest.param(f"{SHOP}/a-dress_480x480.progressive.jpg", id="progressive"),
        pytest.param(f"{SHOP}/a-dress_large.jpg", id="large"),
        pytest.param(f"{SHOP}/a-dress_grande.jpg?width=100", id="grande"),
        pytest.param(f"{SHOP}/a-dress_master.jpg#top", id="master"),
        pytest.param(f"{SHOP}/a-dress.jpg?width=533&height=800&crop=center", id="sizes in the query"),
        pytest.param(f"http://CDN.Shopify.com:80{SHOP.removeprefix('https://cdn.shopify.com')}/a-dress.jpg", id="http"),
        pytest.param(f"{SHOP.removeprefix('https:')}/a-dress.jpg", id="no scheme"),
        pytest.param(f"  {SHOP}/a-dress.jpg\n", id="white space"),
    ],
)
def test_a_picture_is_the_same_at_every_size_and_query(url: str) -> None:
    assert picture_key(url) == "//cdn.shopify.com/s/files/1/0001/products/a-dress.jpg"


@pytest.mark.parametrize(
    "one, other",
    [
        pytest.param("https://a.example/x.jpg", "https://b.example/x.jpg", id="host"),
        pytest.param("https://a.example/x.jpg", "https://a.example:8443/x.jpg", id="port"),
        pytest.param("https://a.example/x_1.jpg", "https://a.example/x_2.jpg", id="a number is no size"),
        pytest.param("https://a.example/x.jpg", "https://a.example/x.png", id="extension"),
        pytest.param("https://a.example/X.jpg", "https://a.example/x.jpg", id="case of the path"),
        pytest.param("https://a.example/image?id=1", "https://a.example/image?id=2", id="named by the query"),
        pytest.param("https://a.example/image.php?f=a", "https://a.example/image.php?f=b", id="named by a script"),
        pytest.param("pictures/a.jpg", "pictures/b.jpg", id="files"),
        pytest.param("a.example/x.jpg", "https://a.example/x.jpg", id="a file is no host"),
    ],
)
def test_other_pictures_have_other_keys(one: str, other: str) -> None:
    assert picture_key(one) != picture_key(other)


def test_a_query_that_names_the_picture_keeps_only_its_name() -> None:
    assert picture_key("https://a.example/image?w=100&id=1&v=3") == picture_key("https://a.example/image?id=1&w=800")


def test_what_is_no_url_at_all_is_its_own_key() -> None:
    assert picture_key("http://[broken/x.jpg") == "http://[broken/x.jpg"


@pytest.mark.parametrize(
    "url, size_px",
    [
        ("a.jpg", float("inf")),
        ("a_1600x.jpg", 1600),
        ("a_x900.jpg", 900),
        ("a_300x500.jpg", 500),
        ("a_300x500@2x.jpg", 1000),
        ("a_large.jpg", 480),
        ("a_original.jpg", float("inf")),
        ("https://h/a.jpg?width=533", 533),
        ("https://h/a_1600x.jpg?width=533", 533),
    ],
)
def test_the_size_that_a_url_asks_for(url: str, size_px: float) -> None:
    assert asked_px(url) == size_px


def test_the_largest_variant_is_the_uploaded_one_and_else_the_widest() -> None:
    small, wide, uploaded = f"{SHOP}/a_512x.jpg", f"{SHOP}/a_1600x.jpg?v=2", f"{SHOP}/a.jpg?v=1"
    assert largest_variant([small, wide, uploaded]) == uploaded
    assert largest_variant([small, wide]) == wide
    assert largest_variant([f"{SHOP}/a.jpg?v=1", f"{SHOP}/a.jpg?v=2"]) == f"{SHOP}/a.jpg?v=1"
    with pytest.raises(ValueError, match="empty"):
        largest_variant([])


@given(st.from_regex(r"[a-z0-9]{1,8}(?:_[a-z]{1,3})?\.(?:jpg|png|webp)", fullmatch=True), st.integers(1, 99999))
def test_any_width_put_before_the_extension_changes_nothing(name: str, width_px: int) -> None:
    stem, _, extension = name.rpartition(".")
    assert picture_key(f"https://a.example/{stem}_{width_px}x.{extension}") == f"//a.example/{name}"
    assert asked_px(f"{stem}_{width_px}x.{extension}") == width_px


@pytest.mark.parametrize("plain", ["7843", "a-dress", "SKU_1.2", "x"])
def test_a_plain_id_is_its_own_name(plain: str) -> None:
    assert safe_name(plain) == plain


@pytest.mark.parametrize(
    "odd", ["", ".", "..", "../../etc/passwd", "a/b", "a\\b", "a b", "C:x", "a.", "é", "x" * 300, "\0", "\ud800"]
)
def test_an_odd_id_becomes_a_name_that_stays_in_its_folder(odd: str) -> None:
    name = safe_name(odd)
    assert SAFE.fullmatch(name), name


@given(st.sets(st.text(max_size=12), min_size=2, max_size=6))
def test_two_ids_never_share_a_name(ids: set[str]) -> None:
    assert len({safe_name(one) for one in ids}) == len(ids)

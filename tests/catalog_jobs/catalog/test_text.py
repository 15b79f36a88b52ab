import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_jobs.catalog.text import clean, one_line, plain_text, seen_by_parser, seen_quickly


@pytest.mark.parametrize(
    ("html", "seen"),
    [
        pytest.param("Soft linen", "Soft linen", id="no HTML"),
        pytest.param("<p>Soft &amp; <b>light</b></p>\n<p>Linen</p>", "Soft & light\nLinen", id="paragraphs"),
        pytest.param("<ul><li>Cotton</li><li>Midi</li></ul>", "Cotton\nMidi", id="a list"),
        pytest.param("One<br>Two<br/>Three", "One\nTwo\nThree", id="breaks"),
        pytest.param("<script>alert(1)</script>Soft<style>p{}</style>", "Soft", id="scripts and styles"),
        pytest.param("<div>a<span>b</span>c</div>", "abc", id="inline elements part no words"),
        pytest.param("price &lt; 5 &euro; &#8377;9", "price < 5 € ₹9", id="entities"),
        pytest.param("5 < 6 & 7 > 3", "5 < 6 & 7 > 3", id="marks that are no HTML"),
        pytest.param("<p>open <b>never closed", "open never closed", id="elements that nobody closed"),
        pytest.param("<table><tr><td>Size</td><td>M</td></tr></table>", "Size\nM", id="a table"),
        pytest.param("  a \t b \r\n\r\n\r\n\r\n c ", "a b\n\nc", id="white space"),
        pytest.param("<!-- hidden -->shown", "shown", id="comments"),
    ],
)
def test_a_description_is_what_the_reader_of_the_page_sees(html: str, seen: str) -> None:
    assert plain_text(html) == seen


def test_what_no_store_takes_is_gone() -> None:
    assert clean("a\x00b\ud83dc\ufeffd\x1b[31m") == "abcd[31m"
    assert one_line(" Wrap\n\tdress\x00 ") == "Wrap dress"


@given(st.text(max_size=300))
def test_any_text_can_be_stored_and_stays_the_same_when_cleaned_again(text: str) -> None:
    seen = clean(text)
    assert seen.encode("utf-8").decode("utf-8") == seen
    assert clean(seen) == seen


@given(st.lists(st.sampled_from(["<p>", "</p>", "<b", "&amp;", "<script>", "</script>", "x", "<!--", "]]>", '"'])))
def test_broken_html_is_no_error(pieces: list[str]) -> None:
    assert isinstance(plain_text("".join(pieces)), str)


PIECES = [
    "<p>",
    "</p>",
    "<B>",
    "</b>",
    "<br/>",
    '<a href="x y" class="">',
    "</ li>",
    "<li >",
    "&amp;",
    "&am",
    "p;",
    "&lt;",
    " ",
    "\n",
    "a",
]


@given(st.lists(st.sampled_from([*PIECES, "<3", "<script>", "&#0;", "&#xd800;", "<!-- -->"]), max_size=12))
def test_the_quick_way_sees_what_the_parser_sees(pieces: list[str]) -> None:
    text = clean("".join(pieces))
    quick = seen_quickly(text)
    if quick is not None:
        assert [one_line(line) for line in clean(quick).split("\n")] == [
            one_line(line) for line in clean(seen_by_parser(text)).split("\n")
        ]


def test_the_quick_way_is_taken_for_what_editors_write() -> None:
    assert seen_quickly('<p class="x">Soft &amp; <b>light</b><br/>\nLinen</p>') == "Soft & light\n Linen"
    assert seen_quickly("<script>x</script>") is None

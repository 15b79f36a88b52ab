import pytest

from catalog_jobs.catalog.tags import color_of, facet_name, facets_of, merged, split_tags


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("Colour", "color"), ("Color", "color"), ("COLOURS", "color"), ("Group ID", "group_id"),
        ("GroupId", "group_id"), ("GroupID", "group_id"),
        ("group_id", "group_id"), ("StyleID", "style_id"), ("Fabric", "fabric"),
        ("Material", "fabric"), ("Print", "print"), ("Pattern", "print"), ("Wash Care", "wash_care"), ("  ", ""),
    ],
)  # fmt: skip
def test_a_key_is_known_by_any_of_its_spellings(key: str, name: str) -> None:
    assert facet_name(key) == name


def test_tags_become_facets_with_every_value_once() -> None:
    tags = split_tags("Colour:Sage Green, Fabric: Linen ,Group ID:G7, sale, Color:White, Colour:White")
    assert facets_of(tags) == {"color": ("Sage Green", "White"), "fabric": ("Linen",), "group_id": ("G7",)}


def test_tags_may_be_parted_by_semicolons_or_bars() -> None:
    assert split_tags("a;b; a") == ("a", "b")
    assert split_tags("a|b") == ("a", "b")
    assert split_tags("") == ()


def test_a_sentence_with_a_colon_is_no_facet() -> None:
    assert facets_of(["please note that this item is special: it runs small", "Colour:", ":red", "https://x.y"]) == {}


def test_facets_of_two_sources_stand_beside_one_another() -> None:
    assert merged({"color": ("Red",)}, {"color": ("Red", "Blue"), "size": ("M",)}) == {
        "color": ("Red", "Blue"),
        "size": ("M",),
    }


@pytest.mark.parametrize(
    ("said", "color"),
    [
        ("Sage Green", ("sage", "green")),
        ("Off White", ("off-white", "white")),
        ("Off-White", ("off-white", "white")),
        ("Gray", ("grey", "grey")),
        ("Navy Blue", ("navy", "blue")),
        ("NAVY", ("navy", "blue")),
        ("Rose Gold", ("gold", "yellow")),
        ("Red & White", ("red", "red")),
        ("Black/White", ("black", "black")),
        ("Rani Pink", ("pink", "pink")),
        ("Multicolour", None),
        ("Assorted", None),
        ("Zebra", None),
        ("", None),
    ],
)
def test_a_colour_in_a_shops_words_is_one_of_ours(said: str, color: tuple[str, str] | None) -> None:
    assert color_of([said]) == color

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from functions.matching.fit import EXACT, MOST_BY_WORDS, SIMILAR, Fit, match_type
from serve_app.contract import Cutoffs, WordFit
from tests.functions.matching.making import CUTOFFS, FIT

COSINES = st.floats(-1, 1)


@pytest.mark.parametrize(
    ("cosine", "expected"),
    [
        pytest.param(-1.0, 0, id="opposite"),
        pytest.param(0.4, 0, id="unrelated"),
        pytest.param(0.55, SIMILAR / 2, id="half way to similar"),
        pytest.param(0.7, SIMILAR, id="similar"),
        pytest.param(0.95, EXACT, id="the same"),
        pytest.param(1.0, 1, id="one vector"),
        pytest.param(1.0000002, 1, id="one vector, rounded up"),
    ],
)
def test_thresholds_lie_where_they_were_fitted(cosine: float, expected: float) -> None:
    assert FIT.image_score(cosine, ["dress"]) == pytest.approx(expected)


def test_what_was_exact_among_pairs_is_not_among_a_catalogue() -> None:
    assert match_type(FIT.image_score(CUTOFFS.exact, ["dress"])) == "similar"


def test_a_cosine_is_taken_as_it_is_and_not_doubled_less_one() -> None:
    # One seed's thresholds were on 2·cosine - 1, so that its 0.75 meant a cosine of 0.875.
    assert match_type(FIT.image_score(0.71, ["dress"])) == "similar"
    assert match_type(FIT.image_score(2 * 0.71 - 1, ["dress"])) == "none"


def test_there_is_one_set_of_thresholds() -> None:
    assert [match_type(score) for score in (0.899, 0.9, 0.749, 0.75)] == ["similar", "exact", "none", "similar"]


def test_each_type_has_its_own_fit_and_two_types_meet_in_the_middle() -> None:
    assert FIT.image_score(0.5, ["shoes"]) == pytest.approx(SIMILAR)
    assert FIT.image_score(0.6, ["shoes", "legwear"]) == pytest.approx(SIMILAR)


@given(COSINES, COSINES, st.lists(COSINES, min_size=4, max_size=4))
def test_a_nearer_picture_is_never_worth_less_whatever_was_fitted(
    one: float, other: float, fitted: list[float]
) -> None:
    exact, similar, same, unrelated = fitted
    fit = Fit({"default": Cutoffs(exact=exact, similar=similar, same=same, unrelated=unrelated)})
    low, high = (fit.image_score(cosine, ["top"]) for cosine in sorted((one, other)))
    assert 0 <= low <= high <= 1


def test_a_cosine_of_which_nobody_fitted_what_it_means_is_no_match() -> None:
    scores = [Fit().image_score(cosine, ["top"]) for cosine in (-0.5, 0.2, 0.9, 1.0)]
    assert scores == sorted(scores)
    assert match_type(scores[-1]) == "none"


def test_words_count_by_their_chance_and_never_make_an_exact_match() -> None:
    assert FIT.text_score(0.3) == pytest.approx(0.5)
    assert FIT.text_score(1.0) == MOST_BY_WORDS
    assert match_type(FIT.text_score(1.0)) == "similar"
    assert Fit(FIT.cutoffs).text_score(1.0) == 0


def test_a_fit_is_read_from_an_index_as_the_model_server_gave_it() -> None:
    document = {"cutoffs": {"default": CUTOFFS.model_dump()}, "words": {"scale": 2.0, "bias": -1.0}}
    assert Fit.of(document) == Fit({"default": CUTOFFS}, WordFit(scale=2, bias=-1))
    assert Fit.of({"cutoffs": {}, "words": None}) == Fit.of({}) == Fit()
    with pytest.raises(ValidationError):
        Fit.of({"cutoffs": {"default": {"exact": 0.9}}})

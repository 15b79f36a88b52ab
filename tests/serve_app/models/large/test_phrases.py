"""A prompt as tokens, and one whole phrase for each box."""

import pytest

torch = pytest.importorskip("torch", reason="the large models need torch: pip install 'reelwear[models]'")

from transformers import AutoTokenizer, PreTrainedTokenizerBase  # noqa: E402

from functions.tagging.taxonomy import GARMENT_TYPES, garment_type  # noqa: E402
from serve_app.errors import ModelServerError  # noqa: E402
from serve_app.models.large.phrases import (  # noqa: E402
    DEFAULT_PHRASES,
    Prompt,
    best_phrases,
    clean_phrases,
    read_prompt,
)
from tests.serve_app.models.large.tiny_detectors import TOKENS, write_tokenizer  # noqa: E402

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> PreTrainedTokenizerBase:
    folder = tmp_path_factory.mktemp("tokenizer")
    write_tokenizer(folder)
    return AutoTokenizer.from_pretrained(folder, local_files_only=True)


def read(tokenizer: PreTrainedTokenizerBase, *phrases: str) -> Prompt:
    return read_prompt(phrases, tokenizer, 256, CPU)


def test_the_default_phrases_are_one_for_each_garment_type() -> None:
    assert [garment_type(phrase) for phrase in DEFAULT_PHRASES] == [row.name for row in GARMENT_TYPES]


@pytest.mark.parametrize(
    ("prompt", "phrases"),
    [
        pytest.param(["shirt", "bag"], ("shirt", "bag"), id="as it is"),
        pytest.param(["  Leather\n Jacket "], ("leather jacket",), id="capitals and spaces"),
        pytest.param(["topwear. bag. hat."], ("topwear", "bag", "hat"), id="the seeds' way of one text"),
        pytest.param(["a bag? a hat"], ("a bag", "a hat"), id="a question mark parts too"),
        pytest.param(["bag", "hat", "Bag."], ("bag", "hat"), id="twice the same"),
    ],
)
def test_phrases_are_cleaned(prompt: list[str], phrases: tuple[str, ...]) -> None:
    assert clean_phrases(prompt) == phrases


@pytest.mark.parametrize("prompt", [[], [""], [" ", ".", "?."]])
def test_a_prompt_without_a_phrase_is_refused(prompt: list[str]) -> None:
    with pytest.raises(ModelServerError, match="no phrase in it; name a garment") as refusal:
        clean_phrases(prompt)
    assert refusal.value.code == "bad_request"


def test_the_text_is_what_the_model_was_trained_on(tokenizer: PreTrainedTokenizerBase) -> None:
    wanted = tokenizer("shirt. t-shirt. bag.")["input_ids"]
    assert read(tokenizer, "shirt", "t-shirt", "bag").token_ids.tolist() == [wanted]
    assert [wanted[0], wanted[2], *wanted[-2:]] == [TOKENS["[CLS]"], TOKENS["."], TOKENS["."], TOKENS["[SEP]"]]


def test_each_token_belongs_to_its_phrase_and_periods_to_none(tokenizer: PreTrainedTokenizerBase) -> None:
    prompt = read(tokenizer, "topwear", "t-shirt", "zebra bag", "bottomwear")
    # [CLS] top ##wear . t - shirt . [UNK] bag . bottom ##wear . [SEP]
    assert prompt.phrase_of_token.tolist() == [4, 0, 0, 4, 1, 1, 1, 4, 2, 2, 4, 3, 3, 4, 4]


def test_a_prompt_of_just_the_limit_is_read_and_one_more_is_refused(tokenizer: PreTrainedTokenizerBase) -> None:
    phrases = tuple(f"bag {'bag ' * index}shirt" for index in range(4))
    n_tokens = read(tokenizer, *phrases).token_ids.shape[1]
    assert read_prompt(phrases, tokenizer, n_tokens, CPU).phrases == phrases
    with pytest.raises(
        ModelServerError, match=rf"4 phrases is {n_tokens} tokens .* limit of {n_tokens - 1}; ask"
    ) as no:
        read_prompt(phrases, tokenizer, n_tokens - 1, CPU)
    assert no.value.code == "bad_request"


def test_a_phrase_that_the_model_cannot_see_is_refused_by_name(tokenizer: PreTrainedTokenizerBase) -> None:
    with pytest.raises(ModelServerError, match=r"'\\u200b' holds nothing that the model reads") as refusal:
        read(tokenizer, "bag", "\u200b")
    assert refusal.value.code == "bad_request"


@pytest.mark.parametrize(
    ("chances", "label"),
    [
        # The tokens: [CLS] shirt . blouse . top ##wear . bottom ##wear . [SEP]
        pytest.param([0, 0.7, 0, 0.1, 0, 0.1, 0.1, 0, 0.1, 0.1, 0, 0], "shirt", id="one phrase fits"),
        pytest.param([0, 0.5, 0, 0.6, 0, 0.4, 0.4, 0, 0, 0, 0, 0], "blouse", id="merged: shirt blouse topwear"),
        pytest.param([0, 0.1, 0, 0.1, 0, 0.2, 0.3, 0, 0.1, 0.6, 0, 0], "bottomwear", id="a piece: ##wear"),
        pytest.param([0, 0.1, 0, 0.4, 0, 0.1, 0.6, 0, 0.1, 0.1, 0, 0], "topwear", id="the best token, not the mean"),
        pytest.param([0, 0.02, 0, 0.03, 0, 0.01, 0, 0, 0, 0, 0, 0], "blouse", id="empty: no token is likely"),
        pytest.param([0.9, 0.2, 0.8, 0.1, 0.8, 0.1, 0, 0.8, 0, 0, 0.8, 0.9], "shirt", id="empty: periods and ends"),
    ],
)
def test_a_box_has_one_whole_phrase_whatever_its_tokens_say(
    tokenizer: PreTrainedTokenizerBase, chances: list[float], label: str
) -> None:
    prompt = read(tokenizer, "shirt", "blouse", "topwear", "bottomwear")
    best, which = best_phrases(torch.tensor([[chances]]).logit(), prompt)
    assert best.shape == which.shape == (1, 1)
    assert prompt.phrases[int(which)] == label
    own = [chance for chance, one in zip(chances, prompt.phrase_of_token, strict=True) if one == which]
    assert float(best.sigmoid()) == pytest.approx(max(own))

"""Tokens of GGUF's lists are those of the tokenizer.json that they came from."""

import sys

import numpy as np
import pytest

pytest.importorskip("tokenizers", reason="tokenizers is not installed: make .venv/models")

from macsmith.golden.errors import DesignError, ToolMissing
from macsmith.models import read_file
from macsmith.models.networks.tokenizer import read_tokenizer
from networks import WHOLE, as_gguf, as_safetensors, llama
from tokenizers import pre_tokenizers
from vocabulary import TEXT, lists, trained

TEXTS = [
    "the cat sat", " the  cat\n\n\tsat ", "isn't CAN'T it's", "12345 and 6", "naïve 漢字 ☕ Straße",
    "<|im_start|>user\nthe cat<|im_end|>\n", "", " ", "\x00\x7f\ufeff", TEXT,
]  # fmt: skip


@pytest.fixture(scope="module")
def inner():
    return trained()


@pytest.fixture
def files(tmp_path, inner):
    """Writes both files; ``changes`` are those of GGUF's lists."""
    arrays, config = llama(np.random.default_rng(1), {**WHOLE, "vocabulary": 300})

    def write(**changes):
        folder = as_safetensors(tmp_path / "folder", arrays, config | {"eos_token_id": 0},
                                inner.to_str())  # fmt: skip
        file = as_gguf(tmp_path / "m.gguf", arrays, config, tokenizer=lists(inner, **changes))
        return read_file(folder), read_file(file)

    return write


def test_both_files_give_the_same_tokens(files, inner):
    of_json, of_gguf = map(read_tokenizer, files())
    for text in TEXTS:
        wanted = inner.encode(text).ids
        assert of_json.encode(text) == of_gguf.encode(text) == wanted
        assert of_json.decode(wanted) == of_gguf.decode(wanted)
    assert of_gguf.decode(of_gguf.encode(TEXT)) == TEXT
    assert of_gguf.ends == {2} and of_json.ends == {0, 2}  # <|im_end|>, and what the file names


def test_each_cut_is_that_of_its_name(files, inner):
    """GPT-2's keeps digits together, SmolLM's does not."""
    smollm, plain = (read_tokenizer(container) for container in files(pre="gpt-2"))
    assert 299 in plain.encode("12345") and 299 not in smollm.encode("12345")
    inner_cut, inner.pre_tokenizer = inner.pre_tokenizer, pre_tokenizers.ByteLevel(False)
    try:
        for text in TEXTS:
            assert plain.encode(text) == inner.encode(text).ids
    finally:
        inner.pre_tokenizer = inner_cut


def test_a_chat_is_a_turn_of_the_user(files):
    for container in files():
        found = read_tokenizer(container)
        tokens = found.encode(found.chat("the cat"))
        assert tokens[0] == 1 and tokens.count(1) == 2 and tokens.count(2) == 1
        assert found.decode(tokens) == "user\nthe cat\nassistant\n"


def test_without_its_tokens_there_is_no_chat(tmp_path):
    special = ("<|endoftext|>", "<a>", "<b>")
    arrays, config = llama(np.random.default_rng(1), {**WHOLE, "vocabulary": 300})
    text = trained(special=special).to_str()
    found = read_tokenizer(read_file(as_safetensors(tmp_path, arrays, config, text)))
    assert not found.chats and found.ends == frozenset()
    with pytest.raises(DesignError, match="the vocabulary has no .*leave out --chat"):
        found.chat("hello")


def test_a_text_begins_with_what_the_file_says(files):
    _, with_first = files(add_bos_token=True, bos_token_id=np.uint32(1))
    assert read_tokenizer(with_first).encode("the")[0] == 1
    _, without = files(add_bos_token=False, bos_token_id=np.uint32(1))
    assert read_tokenizer(without).encode("the")[0] != 1


def test_padding_and_cutting_that_tokenizer_json_asks_for_are_left_out(tmp_path):
    arrays, config = llama(np.random.default_rng(1))
    padded = trained()
    padded.enable_padding(length=16)
    padded.enable_truncation(2)
    found = read_tokenizer(read_file(as_safetensors(tmp_path, arrays, config, padded.to_str())))
    assert found.encode(TEXT) == trained().encode(TEXT).ids


WRONG = [
    ({"model": "llama"}, "tokenizer.ggml.model = 'llama' is not read; known: gpt2"),
    ({"model": None}, "tokenizer.ggml.model = None is not read"),
    ({"pre": "other"}, "tokenizer.ggml.pre = 'other' is not known; known: gpt-2, smollm"),
    ({"pre": ["smollm"]}, "tokenizer.ggml.pre = ['smollm'] is not known"),
    ({"tokens": None}, "tokenizer.ggml.tokens is missing"),
    ({"tokens": [1, 2, 3]}, "tokenizer.ggml.tokens is no list of texts"),
    ({"tokens": ["a", "b", "a"]}, "tokenizer.ggml.tokens has a token twice"),
    ({"merges": ["a b c"]}, "tokenizer.ggml.merges has pairs of tokens, got 'a b c'"),
    ({"merges": ["a b"], "tokens": ["a", "c"], "token_type": [1, 1]}, "refuses it"),
    ({"token_type": [1, 1]}, "tokenizer.ggml.token_type must have a number for each of 300"),
    ({"eos_token_id": np.uint32(300)}, "tokenizer.ggml.eos_token_id must be below 300, got 300"),
]


@pytest.mark.parametrize(("change", "message"), WRONG)
def test_lists_that_do_not_fit_are_told(files, change, message):
    _, container = files(**change)
    with pytest.raises(DesignError) as caught:
        read_tokenizer(container)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_tokenizer_json_that_is_none_is_told(tmp_path):
    arrays, config = llama(np.random.default_rng(1))
    folder = as_safetensors(tmp_path, arrays, config)
    with pytest.raises(DesignError, match="tokenizer.json is missing beside model.safetensors"):
        read_tokenizer(read_file(folder))
    for text, message in (("{}", "tokenizer.json: the package tokenizers refuses"), ("[", "JSON")):
        (folder / "tokenizer.json").write_text(text)
        with pytest.raises(DesignError, match=message):
            read_tokenizer(read_file(folder))


def test_a_package_that_is_missing_is_told(files, monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    for container in files():
        with pytest.raises(ToolMissing, match=r"pip install 'macsmith\[models\]', or make"):
            read_tokenizer(container)

"""generate-text: texts of designs side by side, exit codes, one line for what is wrong."""

import json

import numpy as np
import pytest
from networks import WHOLE, as_gguf, as_safetensors, bert, llama
from vocabulary import lists, trained

from macsmith.cli import main


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A random network in Q8_0 with a small vocabulary, whose text is noise."""
    arrays, config = llama(np.random.default_rng(5), {**WHOLE, "vocabulary": 300}, layers=1)
    path = tmp_path_factory.mktemp("text") / "m.gguf"
    return as_gguf(path, arrays, config, "Q8_0", tokenizer=lists(trained()))


def called(capsys, *words):
    code = main(["generate-text", *map(str, words)])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_texts_stand_above_their_table(file, capsys):
    words = (file, "--prompt", "the cat", "--tokens", 3, "--design", "file", "float", "w8a8")
    code, out, err = called(capsys, *words)
    assert (code, err) == (0, "")
    for name in ("file", "float", "w8a8"):
        assert f"\n{name}: " in f"\n{out}"
    assert "FP32 in NumPy: norms, rotary positions, QKᵀ, softmax" in out
    code, out, _ = called(capsys, *words, "--json")
    found = json.loads(out)
    assert [item["design"] for item in found["designs"]] == ["file", "float", "w8a8"]
    assert found["designs"][0]["bits_a_weight"] == 8.5
    assert all(1 <= len(item["tokens"]) <= 3 for item in found["designs"])
    assert found["designs"][0]["rtl"] is None


def test_a_sample_of_a_token_in_rtl(file, capsys):
    code, out, _ = called(capsys, file, "--prompt", "the cat", "--tokens", 1, "--design", "w8a8",
                          "--rtl", "sample")  # fmt: skip
    assert code == 0
    macs = 4 * (7 * 32 + 32) - 4 * 32 + 4 * 64  # four rows of each matrix; one has K = 64
    assert f"w8a8: {macs:,} products of the first token, by 8 matrices, in RTL" in out
    assert "equal to the golden model, bit for bit" in out


def test_units_stand_beside_fp32(file, capsys):
    words = (file, "--prompt", "the cat", "--tokens", 2, "--design", "w8a8", "float", "--units")
    code, out, err = called(capsys, *words)
    assert (code, err) == (0, "")
    for name in ("w8a8", "float"):
        assert f"{name} (FP32 between): " in out and f"{name} (BF16 units between): " in out
    assert "perplexity" in out and "BF16 units: BF16 values. Units: norms, rotary" in out
    assert "w8a8: activations of 8 matrices: 8 by the unit quantize" in out
    found = json.loads(called(capsys, *words, "fp16", "--json")[1])
    quantized = [item["quantized"] for item in found["apart"]]
    assert quantized == [{"matrices": 8, "by_unit": 8, "plain": 0}, None]
    told = [(item["design"], item["between"]) for item in found["designs"]]
    assert told == [(d, b) for d in ("w8a8", "float") for b in ("FP32", "FP16 units")]
    for item in found["apart"]:
        assert 0 < item["divergence"] < 0.01 and 0 <= item["same"] <= 1
        assert item["perplexity_units"] == pytest.approx(item["perplexity_fp32"], rel=0.05)


def test_a_chat_has_other_tokens(file, capsys):
    plain, chat = (
        json.loads(called(capsys, file, "--prompt", "the", "--tokens", 1, "--json", *more)[1])
        for more in ((), ("--chat",))
    )
    assert chat["prompt_tokens"][0] == 1 and len(chat["prompt_tokens"]) > 5
    assert len(plain["prompt_tokens"]) < 5


WRONG = [
    ((), "say what to go on with: --prompt TEXT"),
    (("--prompt", ""), "the prompt has no token"),
    (("--prompt", "a", "--rtl", "some"), "--rtl is one of all, sample, none, got 'some'"),
    (("--prompt", "a", "--tokens", "0"), "must be at least 1, got 0"),
    (("--prompt", "the " * 60), "m.gguf takes 64 at most: shorten the prompt"),
    (("--prompt", "a", "--design", "nvpf4"), "close ones: "),
    (("--prompt", "a", "--design", "float", "--rtl", "all"), "FP32 products have no hardware"),
    (("--prompt", "a", "--units", "e4m3"), "units between products 'e4m3'; known: bf16, fp16"),
    (("--prompt", "a", "--units", "fp15"), "unknown format 'fp15'"),
]


@pytest.mark.parametrize(("words", "message"), WRONG)
def test_what_is_wrong_is_told_in_one_line(file, capsys, words, message):
    code, out, err = called(capsys, file, *words)
    assert (code, out) == (2, "") and message in err and err.count("\n") == 1


def test_an_encoder_writes_no_text(tmp_path, capsys):
    folder = as_safetensors(tmp_path, *bert(np.random.default_rng(1)))
    code, _, err = called(capsys, folder, "--prompt", "a")
    assert code == 2 and "is an encoder: it writes no text" in err

"""A small vocabulary of byte-level pairs, trained here, as tokenizer.json and as GGUF's lists."""

import json

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

CHATML = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
TEXT = (
    "the cat sat on the mat, and the rat ran at the cat; it isn't that the cat can't.\n"
    "12 and 345 are numbers. naïve café, Straße, 漢字, and the   end\n\n"
) * 4


def trained(size=300, special=CHATML):
    """A Tokenizer of the package, cut as SmolLM's. Its last token is a pair of digits, which that
    cut never lets come together."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False),
    ])  # fmt: skip
    made.decoder = decoders.ByteLevel()
    made.train_from_iterator([TEXT], trainers.BpeTrainer(
        vocab_size=size - 1, special_tokens=list(special), show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    ))  # fmt: skip
    whole = json.loads(made.to_str())
    whole["model"]["vocab"]["12"] = size - 1
    whole["model"]["merges"].append(["1", "2"])
    return Tokenizer.from_str(json.dumps(whole))


def lists(tokenizer, special=CHATML, pre="smollm", **changes):
    """What writes the same vocabulary into a GGUFWriter; ``changes`` replace lists, None leaves
    one out."""
    inner = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(inner["vocab"], key=inner["vocab"].get)
    merges = [" ".join(pair) for pair in inner["merges"]]
    given = {
        "model": "gpt2", "pre": pre, "tokens": tokens, "merges": merges,
        "token_type": [3 if token in special else 1 for token in tokens],
        "eos_token_id": np.uint32(inner["vocab"]["<|im_end|>"]), **changes,
    }  # fmt: skip

    def write(writer):
        for key, value in given.items():
            key = f"tokenizer.ggml.{key}"
            if isinstance(value, str):
                writer.add_string(key, value)
            elif isinstance(value, list):
                writer.add_array(key, value)
            elif isinstance(value, bool):
                writer.add_bool(key, value)
            elif value is not None:
                writer.add_uint32(key, int(value))

    return write

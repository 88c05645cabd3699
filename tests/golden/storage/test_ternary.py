"""TQ1_0: five digits of base 3 to a byte, all 243 of them."""

import numpy as np
import pytest
from gguf import GGMLQuantizationType
from gguf.quants import dequantize
from macsmith.golden import DesignError, storage
from macsmith.golden.storage import Digits, Map


@pytest.mark.parametrize("digits", [1, 2, 3, 4, 5])
def test_every_number_in_base_3_there_and_back(digits):
    """The definition in plain Python: long division of the byte's fraction."""
    block = Map(1, (Digits("code", 0, 1, digits),))
    seen = set()
    for number in range(3**digits):
        wanted = [number // 3 ** (digits - 1 - i) % 3 for i in range(digits)]
        (packed,) = block.pack({"code": np.array([wanted], np.uint8)})[0]
        weight = number * 3 ** (5 - digits)
        assert packed == -(-weight * 256 // 243)
        seen.add(packed)
        assert block.unpack(np.array([[packed]], np.uint8))["code"][0].tolist() == wanted
        places, fraction = [], int(packed)
        for _ in range(digits):
            fraction *= 3
            places.append(fraction // 256)
            fraction %= 256
        assert places == wanted
    assert len(seen) == 3**digits


def test_every_byte_decodes_as_in_gguf():
    """In every place: byte b of block i is i + b, so each byte takes all 256 values."""
    blocks = np.zeros((256, 54), np.uint8)
    blocks[:, :52] = np.arange(256)[:, None] + np.arange(52)
    blocks[:, 53] = 0x3C  # 1.0
    held = storage.unpack("tq1_0", blocks, (256, 256))
    theirs = dequantize(blocks, GGMLQuantizationType.TQ1_0)
    np.testing.assert_array_equal(held.dequantize(), theirs)
    assert set(np.unique(held.codes["code"])) == {0, 1, 3}


def test_the_second_zero_has_no_digit():
    held = storage.unpack("tq1_0", np.zeros(54, np.uint8), (1, 256))
    held.codes["code"][0, 7] = 2
    with pytest.raises(DesignError, match="code: digits in base 3 are 0, 1 and 2, got 3"):
        storage.pack("tq1_0", held)

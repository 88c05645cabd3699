"""Decoders of DFloat11: what they answer is what was packed; what there is no room for is said."""

import numpy as np
import pytest
from macsmith.golden import DesignError, Operand, Plane, Quantized, lookup, storage
from macsmith.golden.storage.huffman import END, POINTERS
from macsmith.golden.streams import Beats
from macsmith.golden.units import DFloat11Decoder
from macsmith.golden.units.dfloat11_trials import ELEMENTS, drawn, grown, ladder, lengths_of
from sklearn.datasets import load_digits

BF16 = Operand((Plane(lookup("bf16")),))
UNIT = DFloat11Decoder(name="unit")


def packed(values):
    """The codes of values in BF16, and their parts."""
    codes = lookup("bf16").encode(np.asarray(values, float))
    return codes, storage.lookup("dfloat11").pack_parts(Quantized(BF16, {"code": codes}))


def test_real_pixels_come_back_in_the_order_of_their_rows():
    codes, parts = packed(load_digits().data / 16)
    result = UNIT.answer(UNIT.sent(parts))["result"]
    np.testing.assert_array_equal(result.values[0][:, 0], codes.ravel())
    assert result.last.nonzero()[0].tolist() == [codes.size - 1]


def test_several_matrices_follow_each_other_and_half_of_one_is_nothing():
    rng = np.random.default_rng(1)
    every = [packed(rng.normal(size=(3, n)) / 9) for n in (1, 40, 200)]
    sent = UNIT._sent([parts for _, parts in every])
    result = UNIT.answer(sent)["result"]
    wanted = np.concatenate([codes.ravel() for codes, _ in every])
    np.testing.assert_array_equal(result.values[0][:, 0], wanted)
    assert result.last.nonzero()[0].tolist() == [2, 122, 722]
    codes = sent["codes"]
    less = Beats((codes.values[0][:-1],), (None,), codes.last[:-1])
    cut = UNIT.answer({**sent, "codes": less})["result"]
    np.testing.assert_array_equal(cut.values[0][:, 0], wanted[:123])


@pytest.mark.parametrize("tables", [2, 3, 5, 9, 17])
def test_what_is_drawn_has_codes_of_all_lengths_and_fits(tables):
    unit, rng = DFloat11Decoder(name="unit", tables=tables), np.random.default_rng(1)
    most, counts = 0, set()
    for _ in range(60):
        matrices = drawn(tables, rng)
        sizes = [len(parts["sign_mantissa"]) for parts in matrices]
        assert sum(sizes) == ELEMENTS
        counts.update(sizes)
        for parts in matrices:
            unit.sent(parts)
            most = max(most, len(parts["luts"]) - 1)
    assert most == tables and 1 in counts
    # Codes are prefix codes: Kraft's sum is one at the most.
    for code in (ladder(np.arange(9), 9), grown(np.arange(POINTERS), tables, rng)):
        words = {f"{value:0{length}b}" for length, value in code.values()}
        assert END in code and len(words) == len(code)
        assert not any(a != b and b.startswith(a) for a in words for b in words)
    assert lengths_of(17) == 32 and lengths_of(2) == 16


def test_more_tables_than_there_is_room_for_are_said():
    found = (parts for seed in range(99) for parts in drawn(17, np.random.default_rng(seed)))
    deep = next(parts for parts in found if len(parts["luts"]) > 4)
    with pytest.raises(DesignError, match="room for 3 decoding tables, got .*: set tables"):
        DFloat11Decoder(name="unit", tables=3).sent(deep)
    for wrong in (1, 4, 18):
        with pytest.raises(DesignError, match="tables must be"):
            DFloat11Decoder(name="unit", tables=wrong)

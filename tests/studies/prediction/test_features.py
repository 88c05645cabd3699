"""What plans know of engines, against what the same engines are counted to have."""

import pytest
from macsmith.boards import lookup
from macsmith.golden.errors import DesignError
from macsmith.studies.candidates import buildable
from macsmith.studies.prediction.data import read, samples
from macsmith.studies.prediction.features import NAMES, features
from macsmith.studies.prediction.foresee import built_for

from macsmith.designs import Options, design, presets

U280 = lookup("u280")


def numbers(name, **options):
    return features(built_for(design(name, Options(**options)), U280))


def test_amounts_of_an_array_by_hand():
    """INT4 × INT8, 2 × 3 × 4: products of 12 bits, sums over 4096 of 24."""
    found = numbers("int4xint8", rows=2, cols=3, lanes=4)
    assert found["array_results"] == 6
    assert found["array_codes"] == 2 * 4 * 4 + 3 * 4 * 8
    assert found["array_product"] == 6 * 4 * 12
    assert found["array_accumulators"] == 6 * 24
    assert found["array_tree"] == 6 * 3 * 14
    assert found["path_one"] == 0 and found["dsp"] == 0


def test_amounts_of_aligned_sums_by_hand():
    """BF16, 4 lanes, 24 places: magnitudes of 16 bits, moved to the greatest exponent."""
    found = numbers("bf16xbf16", rows=1, cols=1, lanes=4, accumulate="aligned", fraction=24)
    assert found["array_partial"] == 4 * 8 * 8
    # A sign, two places above and 24 below, of four products and what is held.
    assert found["array_addends"] == (4 + 1) * (24 + 3)
    # The exponents of a product of BF16 are those of two of them: 9 bits, or one more for zeros.
    assert found["array_greatest"] in (4 * 9, 4 * 10)
    assert found["array_tree"] == found["array_product"] == found["array_shifted"] == 0


def test_amounts_of_serial_products_are_those_of_a_cycle():
    """INT4 × INT4 takes 16 cycles of single bits: sums of four of them, times -8 … 8 each."""
    found = numbers("int4xint4", rows=2, cols=3, lanes=4, datapath="plane_serial")
    assert found["cycles"] == 16 and found["array_partial"] == 6 * 4 * 16 / 16
    whole = numbers("int4xint4", rows=2, cols=3, lanes=4)
    assert 0 < found["array_product"] == whole["array_product"] / 16


def test_products_in_blocks_are_what_the_datapath_expects_of_them():
    found = numbers("int8xint8", rows=2, cols=2, lanes=4, policy="dsp")
    assert found["array_blocks"] == 8 and found["array_packed"] > 0
    assert found["array_product"] == found["array_tree"] == found["array_partial"] == 0
    assert found["array_accumulators"] == 4 * 28


def test_modes_that_share_what_multiplies_count_once():
    """All of anywidth's are sums of single bits; of simd's one is of its own."""
    for name, units in (("anywidth", 1), ("simd", 2)):
        found = numbers(name, rows=1, cols=1)
        assert found["modes"] > units == found["array_one"]


def test_amounts_of_a_scale_path_by_hand():
    """One unit serves 2 × 2 sums of groups of 32, of 14 bits in E2M1, added up in FP32."""
    found = numbers("mxfp4", rows=2, cols=2, lanes=4)
    assert found["units"] == found["path_units"] == 1
    assert found["path_drain"] == 4 * found["total_width"]
    assert found["float_sums"] == 1 and found["path_float"] == 2 * 32
    assert found["output_bits"] == 32


def test_every_preset_has_every_number():
    for name in presets():
        try:
            found = features(buildable(name, Options(), U280).hardware)
        except DesignError:
            continue
        assert tuple(found) == NAMES
        assert all(value >= 0 for value in found.values()), name


def test_the_plan_knows_the_blocks():
    """DSP blocks of the repository's own counts, but where adders stand in blocks, and modes."""
    pytest.importorskip("pyarrow.parquet")
    rows = [
        row
        for row in read()
        if row["policy"] == "dsp" and row["dsp"] is not None and row["board"] == "u280"
        and row["design"] not in ("simd", "anywidth") and row["datapath"] != "dsp_adders"
    ]  # fmt: skip
    known = samples(rows[::4])
    off = [s for s in known if s.numbers["array_blocks"] != s.counted["dsp"]]
    assert len(known) > 30 and len(off) <= len(known) // 20, [(s.design, s.options) for s in off]

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

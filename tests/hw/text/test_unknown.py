"""Unknown bits: after one cycle of reset none reaches a handshake or a valid result.

The emitted core without its registers' initial values, in a simulator of four states: payloads are
unknown wherever nothing is valid, and the emitted test bench compares every bit.
"""

import re
import subprocess

import pytest
from macsmith.golden import Build, Engine, lookup, raw
from macsmith.golden.description import Chain
from macsmith.golden.units import Hadamard
from programs import needs_icarus

from macsmith import Options, design
from macsmith.output import generate

TURNED = {"points": 16, "lanes": 2, "vectors": 2, "format": lookup("int4")}
SMALL = {"rows": 2, "cols": 2, "lanes": 2}


def preset(name, **more):
    return lambda: design(name, Options(name=f"unknown_{name}", **SMALL, **more))


DESIGNS = {
    "raw": lambda: Engine("unknown_raw", (raw("int4", "int8", 64),), Build(2, 2, 2)),
    "floats": lambda: design("e4m3xe4m3", Options(name="unknown_floats", **SMALL)),
    "scaled": preset("w4a8", k_max=128),
    "two_levels": preset("nvfp4", k_max=64),
    "float_sums": preset("mxfp4", k_max=64, accumulate="fp32", partials=8),
    "systolic": lambda: design(
        "int8xint8", Options(name="unknown_systolic", flow="systolic_os", **SMALL)
    ),
    "stationary": lambda: design(
        "int8xint4",
        Options(name="unknown_stationary", flow="weight_stationary", policy="dsp", **SMALL),
    ),
    "serial": preset("bitserial", k_max=128),
    "modes": lambda: design("simd", Options(name="unknown_modes", rows=1, cols=1)),
    "unit": lambda: Hadamard(name="unknown_unit", **TURNED),
    "dequantizer": lambda: design("dequantize_nf4", Options(name="unknown_dequantizer")),
    "requantizer": lambda: design("tflite", Options(name="unknown_requantizer")),
    "chain": lambda: Chain(
        name="unknown_chain",
        parts=(
            Hadamard(name="turned", **TURNED),
            Engine("dotted", (raw("int4", "int8", 64),), Build(2, 2, 2)),
        ),
    ),
}

#: Says when a handshake of the core is unknown after the reset.
WATCH = """
    always @(posedge clk) if (!rst && (^{{{pins}}}) === 1'bx) begin
        $display("FAIL a handshake is unknown at %0t", $time);
        $finish;
    end
"""


def without_values(core):
    """The core with registers that begin unknown; memories keep their contents."""
    text, count = re.subn(r"(?m)^(\s*reg (?:\[\d+:\d+\] )?\S+) = \d+'[hd][0-9a-fx]+;", r"\1;", core)
    assert count
    return text


def unknown_when_idle(bench):
    """The bench with one cycle of reset, unknown data between offers, and an eye on handshakes."""
    bench, idle = re.subn(r"(\w+)_beat <= ~\1_beat;", r"\1_beat <= {$bits(\1_beat){1'bx}};", bench)
    widths = dict(re.findall(r"reg \[(\d+):0\] (\w+)_beat = ", bench))
    for width, name in ((w, n) for w, n in widths.items()):
        bench = bench.replace(f"$bits({name}_beat)", str(int(width) + 1))
    for name, width in re.findall(r"reg \[\d+:0\] (\w+)_beat = (\d+)'d0", bench):
        bench = bench.replace(f"$bits({name}_beat)", width)
    bench, start = re.subn(r"reg \[2:0\] uptime = 3'd0;", "reg [2:0] uptime = 3'd3;", bench)
    assert idle and start == 1
    pins = re.findall(r"wire (\w+_(?:ready|valid));", bench)
    ends = bench.rindex("endmodule")
    return bench[:ends] + WATCH.format(pins=", ".join(pins)) + bench[ends:]


def ran(folder, name, *, core=without_values, bench=unknown_when_idle):
    for path, change in ((f"rtl/{name}_core.v", core), (f"tb/{name}_tb.v", bench)):
        file = folder / path
        file.write_text(change(file.read_text()))
    done = subprocess.run(
        ["make", "icarus"], cwd=folder / "tb", capture_output=True, text=True, check=False
    )
    return done.stdout


@needs_icarus
@pytest.mark.often(7)
@pytest.mark.parametrize("kind", DESIGNS)
def test_no_unknown_bit_is_seen_after_reset(kind, tmp_path):
    made = DESIGNS[kind]()
    folder = generate(made, tmp_path / "made", tiles=6).folder
    said = ran(folder, made.name)
    assert re.search(r"(?m)^PASS \d+ results", said), said[-2000:]


@needs_icarus
def test_registers_that_are_not_reset_are_seen(tmp_path):
    """No register is reset: the first handshake that depends on one is unknown."""
    made = DESIGNS["scaled"]()
    folder = generate(made, tmp_path / "made", tiles=6).folder

    def unreset(core):
        text, count = re.subn(r"(?m)^(\s*)if \(rst\)\s", r"\1if (1'b0) ", without_values(core))
        assert count
        return text

    said = ran(folder, made.name, core=unreset)
    assert "FAIL a handshake is unknown" in said and "PASS" not in said

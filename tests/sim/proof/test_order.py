"""That no result overtakes another is proven; and is not, where two change places."""

import re

import pytest
from macsmith.hw.text.emit import emit
from macsmith.sim.proof.certificate import prove
from macsmith.sim.proof.claims import OPEN, PROVEN, REFUTED

from macsmith import Options, design

SHAPE = {"rows": 1, "cols": 2, "lanes": 2}

ENGINES = {
    "broadcast": ("int4xint4", {}),
    "systolic": ("int4xint4", {"flow": "systolic_os"}),
    "serial": ("int4xint4", {"datapath": "bit_serial"}),
    "minifloats": ("e2m1xe2m1", {}),
}


def ordered(emitted, folder, core=None, seconds=300):
    [claim] = prove(emitted, folder, core=core, seconds=seconds, only=["order"]).claims
    return claim


@pytest.mark.often(2)
@pytest.mark.parametrize("name", ENGINES)
def test_results_keep_their_order(name, build_folder):
    preset, options = ENGINES[name]
    claim = ordered(emit(design(preset, Options(**(SHAPE | options)))), build_folder)
    assert (claim.name, claim.state) == ("order", PROVEN)


#: Behind the core: of every two results the second comes first.
SWAPPED = """
module {core}({ports}
);
  wire [{top}:0] given;
  wire valid;
  reg [{top}:0] kept = 0;
  reg full = 0, late = 0;
  {core}_inner inner({names},
    .result__payload(given), .result__valid(valid),
    .result__ready(full ? !late & result__ready : 1'b1));
  assign result__valid = full & (late | valid);
  assign result__payload = late ? kept : given;
  always @(posedge clk) begin
    if (!full & valid) begin full <= 1; kept <= given; end
    if (result__valid & result__ready) begin late <= !late; if (late) full <= 0; end
    if (rst) begin full <= 0; late <= 0; end
  end
endmodule
"""


def swapped(emitted):
    """The core's Verilog, in which neighbouring results change places."""
    core = emitted.core
    text = emitted.verilog.replace(f"module {core} (", f"module {core}_inner (")
    assert text != emitted.verilog
    ports = re.search(rf"module {core}_inner \((.*?)\n\);", text, re.DOTALL)[1]
    names = re.findall(r"(\w+)(?: = [^,\n]*)?,?$", ports, re.MULTILINE)
    others = [name for name in names if not name.startswith("result__")]
    top = next(s for s in emitted.streams if s.output).payload_bits - 1
    plain = re.sub(r"output reg ", "output wire ", re.sub(r" = [^,\n]*", "", ports))
    joined = ", ".join(f".{name}({name})" for name in others)
    return text + SWAPPED.format(core=core, ports=plain, names=joined, top=top)


def test_results_that_change_places_are_refuted(build_folder):
    emitted = emit(design("e2m1xe2m1", Options(**SHAPE)))
    claim = ordered(emitted, build_folder, swapped(emitted))
    assert claim.state == REFUTED and claim.cycles > 0


def test_where_scales_come_between_it_is_listed_with_its_vectors(build_folder):
    claim = ordered(emit(design("mxfp4", Options(**(SHAPE | {"lanes": 4})))), build_folder)
    assert claim.state == OPEN and "not tried" in claim.what and "verify's" in claim.instead

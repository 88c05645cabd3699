"""The netlist after routing computes what the golden model says: three engines a family."""

import re

import pytest
from macsmith.boards.routing import after
from macsmith.boards.routing.ice40 import ROUTER
from macsmith.boards.routing.router import Placed
from macsmith.golden.errors import DesignError, Mismatch

import macsmith
from macsmith import Options, library

#: design, policy: plain LUTs and carries, DSP blocks, scales and an FP32 accumulator.
ENGINES = [("int4xint8", "lut"), ("int8xint8", "dsp"), ("mxfp4", "lut")]


def small(name, policy):
    lanes = 1 if name == "mxfp4" else 2
    return macsmith.design(name, Options(rows=1, cols=1, lanes=lanes, policy=policy))


@pytest.mark.slow
@pytest.mark.parametrize("board", ["ulx3s-85", "icebreaker", "tang-nano-9k"])
@pytest.mark.parametrize(("name", "policy"), ENGINES)
def test_a_routed_netlist_is_the_design(board, name, policy):
    done = macsmith.verify(small(name, policy), board=board, routed=1, count=10)
    assert done.mapped and done.results >= 8


@pytest.mark.slow
@pytest.mark.parametrize("name", ["int4xint8", "e4m3xe4m3"])
def test_a_netlist_of_nexus_is_the_design(name):
    done = macsmith.verify(small(name, "lut"), board="crosslink-nx-evn", routed=1, count=10)
    assert done.mapped and done.results >= 8


@pytest.mark.slow
def test_memories_of_nexus_that_the_router_joins_wrongly_are_refused():
    with pytest.raises(DesignError, match="RAMs in LUTs, .* choose another board"):
        macsmith.verify(small("mxfp4", "lut"), board="crosslink-nx-evn", routed=1, count=10)


@pytest.mark.slow
def test_a_carry_that_is_routed_wrong_is_found(monkeypatch):
    """One half of a CCU2C of the core computes the opposite."""

    def broken(*words):
        text = after(*words)
        found = re.search(r"CCU2_HALF #\(\.INITVAL\(16'b([01]+)\).*core\.pe", text)
        table = found[1].translate(str.maketrans("01", "10"))
        return text[: found.start(1)] + table + text[found.end(1) :]

    monkeypatch.setattr(library, "after", broken)
    with pytest.raises(Mismatch):
        macsmith.verify(small("int4xint8", "lut"), board="ulx3s-85", routed=1, count=10)


def test_words_and_open_outputs_in_verilog():
    """A routed DSP block of ice40 has a port a bit, its model has words."""
    ports = {f"{word}_{bit}": None for word in "ABCD" for bit in range(16)}
    ports |= {f"O_{bit}": None for bit in range(32)} | {"A_3": 7, "O_0": 9, "CE": None, "CO": None}
    told = ROUTER.model(Placed("ICESTORM_DSP", {"A_REG": "1"}, ports))
    assert told.type == "SB_MAC16" and told.parameters == {"A_REG": "1"}
    assert told.ports["A"] == ("0", "0", "0", 7, *["0"] * 12)
    assert told.ports["O"] == (9, *[None] * 31)
    assert told.ports["CE"] == "1" and told.ports["CO"] is None

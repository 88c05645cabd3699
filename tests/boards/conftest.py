"""Small netlists written by hand, with nets by name, and one Verilog design for every family."""

from __future__ import annotations

from pathlib import Path

import pytest
from macsmith.boards.netlist import Netlist, parse
from macsmith.tools import yosys


class Draft:
    """One module in the format of ``write_json``; nets are names, ``"0" "1" "x"`` are constants."""

    def __init__(self, inputs: str = "", outputs: str = "", name: str = "top"):
        self.name = name
        self.nets: dict[str, int] = {}
        self.cells: dict[str, dict] = {}
        self.ports = {}
        for direction, text in (("input", inputs), ("output", outputs)):
            for port in text.split():
                self.ports[port] = {"direction": direction, "bits": self.bits(port)}

    def bits(self, text: str) -> list[int | str]:
        """Bits of a vector, low first, separated by commas."""
        constant = ("0", "1", "x")
        return [
            net if net in constant else self.nets.setdefault(net, len(self.nets) + 2)
            for net in text.split(",")
        ]

    def cell(self, type_: str, outs: dict[str, str], ins: dict[str, str], **parameters) -> Draft:
        name = f"{type_.lower()}_{len(self.cells)}"
        self.cells[name] = {
            "type": type_,
            "parameters": {
                k: v if isinstance(v, str) else f"{v:032b}" for k, v in parameters.items()
            },
            "port_directions": dict.fromkeys(outs, "output") | dict.fromkeys(ins, "input"),
            "connections": {port: self.bits(net) for port, net in (outs | ins).items()},
        }
        return self

    def lut(self, out: str, inputs: str) -> Draft:
        nets = inputs.split()
        return self.cell(
            f"LUT{len(nets)}", {"O": out}, {f"I{i}": net for i, net in enumerate(nets)}
        )

    def inv(self, out: str, of: str) -> Draft:
        return self.cell("INV", {"O": out}, {"I": of})

    def ff(self, q: str, d: str, ce: str = "1", r: str = "0", c: str = "clk") -> Draft:
        return self.cell("FDRE", {"Q": q}, {"D": d, "C": c, "CE": ce, "R": r})

    def carry4(self, o: str, co: str, s: str, di: str, ci: str = "0", init: str = "0") -> Draft:
        return self.cell("CARRY4", {"O": o, "CO": co}, {"S": s, "DI": di, "CI": ci, "CYINIT": init})

    def body(self) -> dict:
        nets = {net: {"bits": [bit]} for net, bit in self.nets.items()}
        return {"ports": self.ports, "cells": self.cells, "netnames": nets}

    def netlist(self, *others: Draft) -> Netlist:
        return parse({"modules": {draft.name: draft.body() for draft in (self, *others)}})


@pytest.fixture
def draft() -> type[Draft]:
    return Draft


DESIGN = """
module pe(input clk, input [7:0] a, b, input clr, output reg [19:0] acc, output [7:0] pass);
  reg [15:0] p;
  always @(posedge clk) begin
    p <= $signed(a) * $signed(b);
    acc <= (clr ? 20'd0 : acc) + {{4{p[15]}}, p};
  end
  assign pass = a ^ b;
endmodule

module plus3(input [7:0] a, output [7:0] y);
  assign y = a + 8'd3;
endmodule

module row(input clk, input [7:0] a, b, input clr, output [79:0] acc, output [7:0] y);
  wire [7:0] c [0:4];
  assign c[0] = b;
  genvar i;
  generate for (i = 0; i < 4; i = i + 1) begin : g
    pe u (clk, a, c[i], clr, acc[20*i +: 20], c[i+1]);
  end endgenerate
  plus3 h (c[4], y);
endmodule

module pair(input clk, input [7:0] a, b, input clr, output [39:0] acc, output reg [7:0] late);
  wire [7:0] c, d;
  pe u0 (clk, a, b, clr, acc[19:0], c);
  pe u1 (clk, a, ~b, clr, acc[39:20], d);
  reg [7:0] s [0:9];
  integer k;
  always @(posedge clk) begin
    s[0] <= d;
    for (k = 1; k < 10; k = k + 1) s[k] <= s[k-1];
    late <= s[9];
  end
endmodule

module memories(input clk, we, input [10:0] wa, ra, input [7:0] d, output [7:0] small,
                output reg [7:0] large);
  reg [7:0] few [0:31];
  reg [7:0] many [0:2047];
  always @(posedge clk) begin
    if (we) few[wa[4:0]] <= d;
    if (we) many[wa] <= d;
    large <= many[ra];
  end
  assign small = few[ra[4:0]];
endmodule
"""

MULTIPLIER = """
module mul{n}(input clk, input signed [{n}-1:0] a, b, output reg signed [2*{n}-1:0] p);
  always @(posedge clk) p <= a * b;
endmodule
"""


@pytest.fixture(scope="session")
def rtlil(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The design above and the multipliers 2×2, 3×3, 4×4, as RTLIL."""
    folder: Path = tmp_path_factory.mktemp("rtlil")
    multipliers = "".join(MULTIPLIER.replace("{n}", str(n)) for n in (2, 3, 4))
    (folder / "design.v").write_text(DESIGN + multipliers)
    yosys.run(["read_verilog design.v", "proc", "memory_collect", "write_rtlil design.il"], folder)
    return (folder / "design.il").read_text()

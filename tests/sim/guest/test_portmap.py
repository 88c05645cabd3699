"""What is wrong in a port map, or does not fit, is one line with file and line number."""

import re
from functools import cache

import pytest
from guest_modules import HANDSHAKE, MODULES, RTL, Module, candidate
from macsmith.golden.errors import DesignError
from macsmith.golden.streams import Field, Stream
from macsmith.sim.guest import candidate as reader
from macsmith.sim.guest.carried import Carrying
from macsmith.sim.guest.lines import Lines
from macsmith.sim.guest.portmap import read_map
from macsmith.sim.guest.source import read

#: Old text of a map, new text, and the message after its name.
WRONG = [
    ('w = "weight"', 'weight = "weight"', r"16: hs has no port 'weight'; it has "),
    ('w = "weight"', 'w = "weight[0..2]"',
     r"16: w has 32 bits \(\S+hs.sv:6\), what the map lays on it has 24: .weight\[0..2\]."),
    ('w = "weight"', 'w = "weights"', r"16: unknown stream 'weights'; close ones: weight"),
    ('w = "weight"', 'w = "weight.codes"',
     r"16: unknown field of weight 'codes'; close ones: code"),
    ('w = "weight"', 'w = "result"', r"16: w is an input \(\S+hs.sv:6\), it carries no result"),
    ('w = "weight"', 'w = ["weight[0..2]", "weight[4]"]', r"16: code has values 0 to 3 there"),
    ('w = "weight"', 'w = ["weight[0..2]", "weight[0]"]', r"15: no port carries weight.code\[3\]"),
    ('w = "weight"', "w = 4294967296", r"16: the constant 4294967296 does not fit 32 bits"),
    ('w = "weight"', 'w = "8\'d256"', r"16: the constant 8'd256 does not fit 8 bits"),
    ('w = "weight"', "w = 0", r"15: no port carries weight.code\[0\]\[0:0\]"),
    ('w = "weight"', "", r"15: the map says nothing of the input w \(\S+hs.sv:6\)"),
    ("{ carries = \"result\", width = 32 }", '"result"',
     r"18: y has 32 bits \(\S+\), .* 28: .*; give each value its room"),
    ("width = 32", "width = 8", r"18: width must be at least a value's 28 bits, got 8"),
    ("y = {", "out_last = {", r"18: hs has no port 'out_last'; close ones: "),
    ('valid = "in_valid"', 'valid = "w"', r"7: valid has one bit, w has 32"),
    ('valid = "in_valid"', 'valid = "out_valid"', r"7: valid is an input of the module, out_valid"),
    ('ready = "in_ready"', 'redy = "in_ready"', r"8: unknown key 'redy'; close: ready"),
    ('clock = "clk"', 'clock = "in_valid"', r"7: in_valid is taken by clock"),
    ('clock = "clk"', "", r"1: give the clock's port"),
    ('valid = "out_valid"', 'latency = "two"',
     r"12: latency must be a whole number of cycles, got 'two'"),
    ('valid = "out_valid"', "latency = 2", r"13: ready needs a valid beside it"),
    ('valid = "out_valid"\nready = "out_ready"', "", r"11: \[output\] needs valid, or the latency"),
    ("[input]", '[input]\nstreams = ["weight"]', r"10: last is known where the stream that"),
    ('last = "in_last"', 'streams = ["activation"]', r"6: no input takes weight"),
    ("[input]", '[input]\nstreams = ["scale", "weight"]', r"7: scale is no stream that enters"),
    ('reset_active = "low"', 'reset_active = "lo"',
     r"4: reset_active must be high or low, got 'lo'"),
    ("[output]", "[output]\nvalues = 3", r"12: int8xint8_1x1x4 gives 1 results at a time, got 3"),
    ("[ports]", "[ports", r" not valid TOML"),
]  # fmt: skip


@pytest.fixture
def once(monkeypatch):
    """The same module is read once."""
    monkeypatch.setattr(reader, "read", lambda files, top, parameters: source(top))


@cache
def source(top):
    return read([RTL / "hs.sv"], top, {})


@pytest.mark.cases("all")
@pytest.mark.parametrize("old, new, said", WRONG)
def test_faults_of_a_map(tmp_path, once, old, new, said):
    with pytest.raises(DesignError) as caught:
        candidate(Module("hs.sv", HANDSHAKE), tmp_path, ports=[(old, new)])
    text = str(caught.value)
    assert "\n" not in text
    assert re.match(rf"{re.escape(str(tmp_path))}/ports.toml:{said}", text), text


@pytest.mark.parametrize(
    "old, new, said",
    [("sum = acc;", "sum = acc", r"hs.sv:14: Verilator refuses it: syntax error"),
     ("acc <= in_last", "acc <= inlast", r"hs.sv:24: Verilator refuses it: Can't find definition"),
     ("logic signed [31:0] acc, sum;", "logic signed [31:0] acc, sum; string s = \"a\";",
      r"hs.sv:\d+: (yosys|Verilator) refuses it: "),
     ("module hs", "module hs2", r"unknown module 'hs'; close ones: hs2")],
)  # fmt: skip
def test_verilog_that_tools_refuse(tmp_path, old, new, said):
    with pytest.raises(DesignError, match=said) as caught:
        candidate(MODULES["valid and ready"], tmp_path, (old, new))
    assert "\n" not in str(caught.value)


def test_a_module_is_found_without_its_name_where_there_is_one(tmp_path):
    ports = [('top = "hs"\n', "")]
    assert candidate(MODULES["valid and ready"], tmp_path, ports=ports).source.top == "hs"
    every = "bare, cleared, enabled, rounded, wandering"
    with pytest.raises(DesignError, match=f"choose the module with --top: {every}$"):
        candidate(MODULES["neither"], tmp_path, ports=[('top = "bare"\n', "")])


def test_lines_of_keys():
    lines = Lines("p", '\na = 1\n[b]\nc = 2\n"d" = 3\n[[e]]\nf = 1\n[[e]]\nf = 2\n')
    assert [lines.at("a"), lines.at("c", "b"), lines.at("d", "b")] == ["p:2", "p:4", "p:5"]
    assert [lines.at("f", "e", 0), lines.at("f", "e", 1), lines.at("g", "e", 1)] == [
        "p:7", "p:9", "p:8",
    ]  # fmt: skip


#: A stream of 2 vectors of 3 values of 4 bits, each with a flag; a field of one value after it.
STREAMS = (
    Stream("s", False, "step", (Field("x", "codes", 0, "x", 2, 3, 4, flags=("nan",)),
                                Field("z", "scales", 0, "z", 1, 1, 2))),
)  # fmt: skip


def places(said, width=0):
    return Carrying(STREAMS, {("s", "z")}).bits(said, width)


def of(*numbers):
    return [("s", number) for number in numbers]


def test_what_ports_carry_bit_by_bit():
    """A value takes five bits of the payload, its flag the highest; z begins at 30."""
    assert places("s.z") == of(30, 31)
    assert places("s.x[1]") == of(5, 6, 7, 8)
    assert places("s.x[1][3:2]") == of(7, 8)
    assert places("s.x[1,0..1][0:0]") == of(15, 20)
    assert places("s.x[1..0][0:0]") == of(5, 0)
    assert places("s.nan") == of(4, 9, 14, 19, 24, 29)
    assert places({"carries": "s.x[0..1,0..2][0:0]", "order": "lanes"}) == of(0, 15, 5, 20, 10, 25)
    assert places({"carries": "s.nan", "reversed": True}) == of(29, 24, 19, 14, 9, 4)
    assert places({"carries": "s.x[0]", "width": 6}) == [*of(0, 1, 2, 3), 0, 0]
    assert places({"carries": "s.z", "width": 3}) == of(30, 31, 31)
    assert places({"carries": "s.z", "width": 3, "extend": "zero"}) == [*of(30, 31), 0]
    assert places(["s.z", "3'b110", "skip 2", "4'ha"]) == [
        *of(30, 31), 0, 1, 1, None, None, 0, 1, 0, 1,
    ]  # fmt: skip
    assert places(5, 4) == [1, 0, 1, 0]


@pytest.mark.parametrize(
    "said",
    ["s", "t", "s.y", "s.x[6]", "s.x[2,0]", "s.x[0][4:0]", "s.x[0][0]", "s x", "", True, None, 1.5,
     {"carries": "s.z", "wide": 3}, {"carries": 3}, {"carries": "s.z", "width": 1},
     {"carries": "s.z", "order": "x"}, {"carries": "s.z", "extend": "x"}, "2'b12", [["s.q"]]],
)  # fmt: skip
def test_parts_that_are_none(said):
    with pytest.raises(ValueError):
        places(said)


def test_maps_of_all_kinds_are_read(tmp_path):
    path = tmp_path / "p.toml"
    for module in MODULES.values():
        path.write_text("\n".join(map(str.strip, module.ports.splitlines())), encoding="utf-8")
        assert read_map(path).ports
    assert RTL.is_dir()

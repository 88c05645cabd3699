"""Product units are proven equal to a plain twin: the tool's own multiplier between registers."""

import pytest
from amaranth.back import rtlil
from amaranth.hdl import Cat, ClockDomain, Const, Module, Signal
from feeding import part_of
from macsmith.golden import lookup
from macsmith.golden.errors import ToolFailed
from macsmith.hw.arith.product import flag_names
from macsmith.hw.arith.timing import delayed
from macsmith.hw.datapaths import KINDS
from macsmith.tools import yosys

#: Of each datapath pairs that a solver proves in seconds.
QUICK = {
    "minifloat": ["e2m1xe2m1", "e3m0xe2m1"],
    "select": ["ternaryxint8", "binaryxint8", "e2m1xint4", "denseshift4xint4"],
    "booth": ["int4xint4", "uint4xint5", "int6xint3"],
    "table": ["binaryxint8", "int4xint4", "bipolar3xuint4"],
    "bit_plane": ["int3xint3", "uint4xint3", "bipolar2xbipolar2", "int2xuint4"],
    "split_shift": ["e3m2xe2m1", "e2m3xe2m3", "posit4_1xposit4_1", "e4m3xe2m1"],
    "bit_serial": ["int4xint4", "denseshift4xint4", "e2m1xint4"],
    "table_serial": ["int2xint4", "bipolar3xuint4"],
    "plane_serial": ["int3xint4", "bipolar2xbipolar3", "binaryxint3"],
    "dsp": ["int4xint4", "uint3xint5", "e2m1xe2m1"],
    "dsp_adders": ["ternaryxint4", "int2xuint4", "binaryxint5"],
}

#: These take minutes.
LONG = {
    "booth": ["int8xint8"],
    "table": ["int8xint8"],
    "bit_plane": ["int8xint4"],
    "split_shift": ["e4m3xe4m3", "e5m2xe5m2", "posit8_0xposit8_0"],
    "bit_serial": ["int8xint8"],
}

CASES = [(name, pair) for name, pairs in QUICK.items() for pair in pairs]
CASES += [
    pytest.param(name, pair, marks=pytest.mark.slow)
    for name, pairs in LONG.items()
    for pair in pairs
]


def miter(datapath, spoil=0):
    """A module with ``equal``, its ports, and the cycles after which that must hold.

    Every cycle of a step gets hardware of its own; what they give is added.
    """
    m, on = Module(), Const(1, 1)
    m.domains.sync = domain = ClockDomain(reset_less=True)
    formats = datapath.weight, datapath.activation
    twin = KINDS["multiply"](*formats, lanes=1)
    w, a, equal = (
        Signal(size, name=name)
        for name, size in (("w", formats[0].bits), ("a", formats[1].bits), ("equal", 1))
    )
    latest = max(datapath.latency, twin.latency)

    def fed(path, name, part):
        found = part_of(m, on, (w, a), name, path, Const(part, 8))
        return delayed(m, on, found, latest - path.latency, f"{name}_late")

    found = [fed(datapath, f"part_{part}", part) for part in range(datapath.cycles)]
    wanted = fed(twin, "twin", 0)
    total = Signal(twin.range.width, name="total")
    m.d.comb += total.eq(sum(part.value for part in found) + spoil)
    same = total == wanted.value.as_unsigned()
    for name in flag_names(twin.flags):
        same = same & (Cat(part[name] for part in found).any() == wanted[name])
    legal = Cat(is_legal(*pair) for pair in zip(formats, (w, a), strict=True)).all()
    m.d.comb += equal.eq(same | ~delayed(m, on, legal, latest, "legal"))
    return m, [domain.clk, w, a, equal], latest


def is_legal(fmt, code):
    """Whether hardware must care for a code."""
    legal = set(fmt.legal.tolist())
    return Const(sum(1 << n for n in legal), 1 << fmt.bits).bit_select(code, 1)


def prove(datapath, folder, **options):
    """Raises ToolFailed unless ``equal`` holds, whatever the registers held at the start."""
    m, ports, cycles = miter(datapath, **options)
    folder.mkdir(exist_ok=True, parents=True)
    text = rtlil.convert(m, name="top", ports=ports, emit_src=False)
    (folder / "miter.il").write_text(text)
    steps = f"-seq {cycles + 1} -prove-skip {cycles}"
    commands = ["read_rtlil miter.il", "hierarchy -top top", "proc", "flatten", "opt -full"]
    yosys.run([*commands, f"sat -verify -prove equal 1 {steps} top"], folder)


@pytest.mark.parametrize("name, pair", CASES)
def test_every_product_unit_equals_its_plain_twin(name, pair, tmp_path):
    formats = [lookup(word) for word in pair.split("x", 1)]
    prove(KINDS[name](*formats, lanes=1), tmp_path)


def test_a_wrong_unit_is_not_proven(tmp_path):
    with pytest.raises(ToolFailed):
        prove(KINDS["booth"](lookup("int4"), lookup("int4"), lanes=1), tmp_path, spoil=1)

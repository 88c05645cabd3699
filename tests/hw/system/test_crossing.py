"""Streams that cross borders of dies: every beat once, at full rate, whatever waits or resets."""

import json
import random
import re
from collections import defaultdict

import pytest
from amaranth.hdl import ResetInserter, Signal
from amaranth.sim import Simulator
from macsmith.golden.description.serialize import from_toml, to_toml
from macsmith.hw.catalogue import hardware
from macsmith.hw.system.crossing import Crossing, Way
from macsmith.hw.text.emit import emit

from macsmith import DesignError, Options, cost, design, explain, generate, prove, verify
from macsmith.machines import without_converters

WIDTH = 12


def run(borders, cycles, idle, stall, reset=lambda cycle: False, seed=1):
    """(cycle, beat) of all that went in and came out; ``idle`` and ``stall`` by cycle."""
    rng = random.Random(seed)
    device, restart = Crossing(WIDTH, Way(borders)), Signal()
    taken, given, number = [], [], 0

    async def bench(context):
        nonlocal number
        held = None
        offered = False
        for cycle in range(cycles):
            offered = offered or rng.random() >= idle(cycle)
            context.set(device.i.valid, offered)
            context.set(device.i.payload, number % (1 << WIDTH) if offered else rng.getrandbits(12))
            ready = rng.random() >= stall(cycle)
            context.set(device.o.ready, ready)
            context.set(restart, reset(cycle))
            shown = context.get(device.o.payload) if context.get(device.o.valid) else None
            assert held is None or shown == held, "an offer changed before it was taken"
            held = None if ready or reset(cycle) else shown
            if not reset(cycle):
                if shown is not None and ready:
                    given.append((cycle, shown))
                if offered and context.get(device.i.ready):
                    taken.append((cycle, number % (1 << WIDTH)))
                    number, offered = number + 1, False
            await context.tick()

    simulator = Simulator(ResetInserter(restart)(device))
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return taken, given


@pytest.mark.parametrize("borders", [1, 2, 3])
@pytest.mark.parametrize("idle,stall", [(0, 0), (0.5, 0), (0, 0.5), (0.3, 0.7), (0.9, 0.1)])
def test_beats_come_in_order_whoever_waits(borders, idle, stall):
    taken, given = run(
        borders, 800, lambda c: idle if c < 700 else 1, lambda c: stall if c < 700 else 0
    )
    assert [beat for _, beat in given] == [beat for _, beat in taken]
    assert len(given) > 700 * (1 - idle) * (1 - stall) / 2


@pytest.mark.parametrize("borders", [1, 2, 3])
def test_full_rate_and_latency(borders):
    taken, given = run(borders, 200, lambda c: 0, lambda c: 0)
    latency = 2 * borders + 2
    first = taken[0][0]
    assert first == 2 * borders + 1  # the word that there is room comes first
    assert [cycle for cycle, _ in taken] == list(range(first, 200))
    assert [cycle for cycle, _ in given] == list(range(first + latency, 200))


@pytest.mark.parametrize("borders", [1, 2, 3])
@pytest.mark.parametrize("pause", [*range(1, 24), 40, 60])
def test_after_any_pause_no_cycle_is_lost(borders, pause):
    """The sink takes a beat in every cycle in which it does not pause."""
    stop = 60
    _, given = run(borders, 200, lambda c: 0, lambda c: float(stop <= c < stop + pause))
    cycles = [cycle for cycle, _ in given]
    start = cycles[0]
    assert cycles == [c for c in range(start, 200) if not stop <= c < stop + pause]


@pytest.mark.parametrize("borders", [1, 2, 3])
@pytest.mark.parametrize("length", [1, 2, 3, 9])
def test_what_was_under_way_at_a_reset_is_gone(borders, length):
    """Beats taken before do not come, those taken after all do; as if nothing had been."""
    for start in range(40, 52):
        taken, given = run(
            borders, 160, lambda c: 0.2 if c < 130 else 1, lambda c: 0.3 if c < 130 else 0,
            lambda c, start=start: start <= c < start + length, seed=start,
        )  # fmt: skip
        before = [beat for cycle, beat in taken if cycle < start]
        after = [beat for cycle, beat in taken if cycle >= start + length]
        came = [beat for cycle, beat in given if cycle < start]
        assert came == before[: len(came)]
        assert [beat for cycle, beat in given if cycle >= start + length] == after


def made(name, shape="1x1x2", **options):
    rows, cols, lanes = map(int, shape.split("x"))
    return design(name, Options(rows=rows, cols=cols, lanes=lanes, **options))


def marked(text):
    """Registers with the attribute: module -> name -> bits."""
    found = {}
    for module in re.split(r"^module ", text, flags=re.MULTILINE)[1:]:
        name = re.match(r"\S+", module)[0]
        for told, width, register in re.findall(
            r"\(\* (.*USER_SLL_REG.*) \*\) reg (?:\[(\d+):0\] )?(\w+)", module
        ):
            assert told == 'USER_SLL_REG = "TRUE", SHREG_EXTRACT = "NO", keep'
            found.setdefault(name, {})[register] = int(width or 0) + 1
    return found


@pytest.mark.parametrize("borders", [1, 2])
def test_the_registers_at_borders_alone_are_marked(borders):
    crossed = made("w4a8", die_crossings=borders)
    text = emit(crossed).verilog
    found = marked(text)
    instances = {name: len(re.findall(rf"^ *{name} \w+ \(", text, re.M)) for name in found}
    streams = hardware(crossed).streams
    assert sum(instances.values()) == len(streams)
    bits = sum(sum(registers.values()) * instances[name] for name, registers in found.items())
    assert bits == 2 * borders * sum(stream.payload_bits + 2 for stream in streams)
    assert text.count("USER_SLL_REG") == sum(map(len, found.values())) == 6 * borders * len(found)
    for module, registers in found.items():
        body = text.partition(f"module {module} (")[2].partition("endmodule")[0]
        for register in registers:
            kind, side, border = register.split("_")
            [written] = re.findall(rf"^ *{register} <= (.*);$", body, re.M)
            reading = rf"^(?!.*reg ).*(?:<=|=|\().*\b{register}\b"
            assert len(re.findall(reading, body, re.M)) == 1
            if side == "arrives":  # of the register at the other side, and of nothing else
                assert written == f"{kind}_leaves_{border}"


def test_without_borders_nothing_changes():
    assert "USER_SLL_REG" not in emit(made("w4a8")).verilog
    assert emit(made("w4a8", die_crossings=0)).verilog == emit(made("w4a8")).verilog


@pytest.mark.parametrize(
    "name,shape,options",
    [
        ("int4xint4", "1x1x2", {"die_crossings": 1}),
        ("w4a8", "1x1x4", {"die_crossings": 2}),
        ("int8xint8", "1x2x2", {"die_crossings": 1, "axis_width": 32}),
    ],
)
def test_bits_stay(name, shape, options):
    """Each stream waits now and then; without that, cycles are counted, too."""
    assert verify(made(name, shape, **options), count=20).results > 20


@pytest.mark.slow
def test_units_and_chains_cross_too():
    assert verify(design("hadamard", Options(die_crossings=1)), count=20).results > 20
    chained = design(
        "int8xint8", Options(rows=1, cols=2, lanes=4, requantize="tflite", die_crossings=1)
    )
    assert verify(chained, count=20).results > 20


def test_matrices_pass_the_design_in_one_die():
    crossed = made("int4xint4", die_crossings=1, axis_width=32)
    build = without_converters(crossed).build
    assert (build.die_crossings, build.axis_width) == (0, 0)


def test_it_is_told():
    crossed = made("int4xint4", die_crossings=1)
    found = explain(crossed)
    assert found.latency == explain(made("int4xint4")).latency + 8
    assert found.summary.endswith("; 1 border of dies before its streams, 8 cycles more")
    assert (
        "1 border of dies before its streams: 43 wires cross each (weight 10, activation 11, "
        "result 22); a stream takes 4 cycles, and waits in a queue of 16" in found.remarks
    )
    assert found.facts["crossing_wires"] == {"weight": 10, "activation": 11, "result": 22}
    assert crossed.name == "int4xint4_1x1x2_crossings1"
    assert from_toml(to_toml(crossed)) == crossed


@pytest.mark.parametrize("many", [-1, 4])
def test_how_many_there_may_be(many):
    with pytest.raises(DesignError, match=f"die-crossings must be from 0 to 3, got {many}"):
        made("int4xint4", die_crossings=many)
    with pytest.raises(TypeError, match="die-crossings must be a whole number, got True"):
        type(made("int4xint4").build)(die_crossings=True)


def test_where_there_are_none(tmp_path):
    crossed = made("int4xint4", die_crossings=1)
    with pytest.raises(DesignError, match="black box of Vitis HLS lies in one die"):
        generate(crossed, tmp_path / "box", hls=8)
    with pytest.raises(DesignError, match="those that cross dies are not counted"):
        prove(crossed, into=tmp_path / "proof")


def test_a_folder_is_complete(tmp_path):
    """With its driver, where there are DMAs."""
    generate(made("int8xint8", die_crossings=1, axis_width=32), tmp_path / "crossed")
    generate(made("int8xint8", axis_width=32), tmp_path / "plain")
    names = [sorted(p.name for p in (tmp_path / n).rglob("*")) for n in ("crossed", "plain")]
    assert len(names[0]) == len(names[1]) and "driver.py" in names[0]


@pytest.mark.slow
def test_what_synthesis_makes_of_it(tmp_path):
    """The registers at borders are flip-flops without enable and reset, each of which is read once,
    by a flip-flop where that is beyond the border."""
    cost(made("int4xint4", die_crossings=1), "u280", folder=tmp_path)
    netlist = json.loads((tmp_path / "netlist.json").read_text(encoding="utf-8"))
    core = netlist["modules"]["int4xint4_1x1x2_crossings1_core"]
    leaving, arriving = (
        {bit for name, net in core["netnames"].items() if f"_{side}_" in name
         and "USER_SLL_REG" in net["attributes"] for bit in net["bits"]}
        for side in ("leaves", "arrives")
    )  # fmt: skip
    assert len(leaving) == len(arriving) == 43
    readers, made_of = defaultdict(list), set()
    for cell in core["cells"].values():
        pins = cell["connections"]
        for port, bits in pins.items():
            if cell["port_directions"][port] == "input":
                for bit in bits:
                    readers[bit].append((cell["type"], *pins.get("Q", ())))
        if cell["type"] == "FDRE" and set(pins["Q"]) & (leaving | arriving):
            assert pins["CE"] == ["1"] and pins["R"] == ["0"]
            made_of.add(pins["Q"][0])
    assert made_of == leaving | arriving
    assert all(len(readers[bit]) == 1 for bit in leaving | arriving)
    for bit in leaving:
        [(kind, *out)] = readers[bit]
        assert kind == "FDRE" and set(out) <= arriving

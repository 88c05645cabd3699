"""What takes scales out of streams of codes, alone, under pauses on all sides."""

import numpy as np
import pytest
from amaranth.hdl import Value
from amaranth.sim import Simulator
from macsmith.golden.interleave import carriers
from macsmith.golden.streams import Beats, Field, Stream
from macsmith.hw.system.riders import Riders

RESULT = Stream("result", True, "result", (Field("v", "value", None, "v", 1, 1, 16),), last=True)


def streams(wide):
    """An engine's: 7 bits of codes ``wide`` times, scales of 5 bits for both sides, a bias."""
    weight = Field("w", "codes", 0, "w", 1, wide, 7)
    activation = Field("a", "codes", 1, "a", 1, 1, 9)
    group = (Field("ws", "scales", 0, "s", 3, 1, 5), Field("as", "scales", 1, "s", 1, 1, 8))
    late = (Field("t", "scales", 1, "t", 1, 1, 12), Field("bias", "bias", None, "b", 2, 1, 16))
    return (
        Stream("weight", False, "step", (weight,)),
        Stream("activation", False, "step", (activation,), last=True),
        Stream("scale", False, "group", group),
        Stream("end_scale", False, "reduction", late),
        RESULT,
    )


def numbers(stream, beats):
    """A stream's beats as integers, dense, the mark of an end on top."""
    found = []
    for row in range(len(beats)):
        number = place = 0
        for field, values in zip(stream.fields, beats.values, strict=True):
            for value in values[row].tolist():
                number |= value << place
                place += field.bits
        found.append(number | int(beats.last[row]) << place if stream.last else number)
    return found


def sent(carrier, lengths, seed):
    """Beats of the codes and of what rides, for reductions of so many groups; and their ends."""
    rng, steps = np.random.default_rng(seed), carrier.steps * np.array(lengths)
    ends = np.zeros(steps.sum(), bool)
    ends[np.cumsum(steps) - 1] = True
    counts = {carrier.stream: len(ends)}
    counts |= {s: sum(lengths) if s == carrier.often else len(lengths) for s in carrier.riders}
    found = {
        stream.name: Beats(
            tuple(rng.integers(0, 1 << f.bits, (rows, f.count)) for f in stream.fields),
            (None,) * len(stream.fields),
            ends if stream is carrier.stream else np.zeros(rows, bool),
        )
        for stream, rows in counts.items()
    }
    return found, ends


def run(carrier, units, share, seed):
    """What leaves on each port; ports of what rides are ready by chance, as if from registers."""
    device, rng = Riders(carrier), np.random.default_rng(seed)
    names = {"o": device.o} | {s.name: getattr(device, s.name) for s in carrier.riders}
    found = {name: [] for name in names}

    async def bench(context):
        at, offered, quiet = 0, False, 0
        while quiet < 200:
            offered = offered or (at < len(units) and rng.random() >= share)
            context.set(device.i.valid, offered)
            context.set(device.i.payload, units[at] if at < len(units) else 0)
            ready = {name: bool(rng.random() >= share) for name in names}
            for name, port in names.items():
                context.set(port.ready, ready[name])
            quiet += 1
            for name, port in names.items():
                if ready[name] and context.get(port.valid):
                    found[name].append(context.get(Value.cast(port.payload)))
                    quiet = 0
            if offered and context.get(device.i.ready):
                at, offered, quiet = at + 1, False, 0
            await context.tick()

    simulator = Simulator(device)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return found


@pytest.mark.cases(4)
@pytest.mark.parametrize("share", [0, 0.4])
@pytest.mark.parametrize("steps", [1, 3, 16])
@pytest.mark.parametrize("wide", [1, 4, 40])
def test_codes_and_what_rides_in_front_of_them_part(wide, steps, share):
    for number, carrier in enumerate(carriers(streams(wide), steps)):
        lengths = [1, 3, 1, 2, 5, 1, 1, 9]
        given, ends = sent(carrier, lengths, number)
        rows, last = carrier.joined(given, ends)
        units = [int.from_bytes(row.tobytes(), "little") | int(end) << 8 * carrier.size
                 for row, end in zip(rows, last, strict=True)]  # fmt: skip
        found = run(carrier, units, share, number)
        wanted = {s.name: numbers(s, given[s.name]) for s in (carrier.stream, *carrier.riders)}
        wanted["o"] = wanted.pop(carrier.stream.name)
        assert found == wanted


def test_a_packet_that_ends_early_leaves_nothing_behind():
    """Ended in its front, or in the middle of a group: the next is whole."""
    carrier = carriers(streams(4), 3)[0]
    given, ends = sent(carrier, [2], 1)
    rows, last = carrier.joined(given, ends)
    units = [int.from_bytes(row.tobytes(), "little") | int(end) << 8 * carrier.size
             for row, end in zip(rows, last, strict=True)]  # fmt: skip
    mark = 1 << 8 * carrier.size
    short = [units[0] | mark, *units[: carrier.once_units + 1], units[-1]]
    found = run(carrier, short + units, 0, 1)
    assert found["o"][1:] == numbers(carrier.stream, given["weight"])
    assert len(found["o"]) == 1 + len(ends)
    assert found["scale"][1:] == numbers(carrier.often, given["scale"])

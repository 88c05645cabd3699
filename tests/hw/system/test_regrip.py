"""The converter of widths alone, against the bytes of its packets."""

import random

import pytest
from amaranth.sim import Simulator
from macsmith.hw.system.converter import Regrip

#: Ports of 32, 64 and 128 bits and records of many sizes: of one size, multiples, parts, odd ones.
PORTS = [4, 8, 16]
RECORDS = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 17, 20, 24, 35]
PAIRS = [(port, record) for port in PORTS for record in RECORDS]


def packets_of(rng, record, count):
    """Random packets of whole records, many of them short."""
    lengths = [rng.choice((1, 1, 2, 3, rng.randrange(1, 12))) for _ in range(count)]
    return [rng.randbytes(record * length) for length in lengths]


def beats_of(packet, size):
    """(bytes, mask, last) of each beat: all are full but the last, whose other bytes are 0."""
    cut = [packet[start : start + size] for start in range(0, len(packet), size)]
    return [
        (part.ljust(size, b"\0"), (1 << len(part)) - 1, number == len(cut) - 1)
        for number, part in enumerate(cut)
    ]


def word(beat, size):
    data, keep, last = beat
    return int.from_bytes(data, "little") | keep << 8 * size | last << 9 * size


def run(device, beats, wanted, rng, idle, stall):
    """What came out, and the cycle of each beat in and out; the source pauses, the sink stalls."""
    found, ins, outs = [], [], []

    async def bench(context):
        at, offered, cycle, held = 0, False, 0, None
        rest = 60
        while rest:
            offered = offered or (at < len(beats) and rng.random() >= idle)
            context.set(device.i.valid, offered)
            if at < len(beats):
                noise = rng.getrandbits(8 * device.given)
                context.set(device.i.payload.as_value(), beats[at] if offered else noise)
            ready = rng.random() >= stall
            context.set(device.o.ready, ready)
            value = (
                context.get(device.o.payload.as_value()) if context.get(device.o.valid) else None
            )
            assert held is None or value == held, "an offer changed before it was taken"
            held = None if ready else value
            if ready and value is not None:
                found.append(value)
                outs.append(cycle)
            if offered and context.get(device.i.ready):
                at, offered = at + 1, False
                ins.append(cycle)
            await context.tick()
            cycle += 1
            idle_now = at == len(beats) and len(found) >= wanted
            rest = rest - 1 if idle_now or cycle > 60 * (len(beats) + wanted) else rest

    simulator = Simulator(device)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return found, ins, outs


def check(port, record, inward, seed, idle, stall, count=60):
    rng = random.Random(f"{port} {record} {inward} {seed}")
    packets = packets_of(rng, record, count)
    outer = [beat for packet in packets for beat in beats_of(packet, port)]
    inner = [beat for packet in packets for beat in beats_of(packet, record)]
    if inward:  # what a mask leaves out may be anything
        outer = [
            (
                bytes(b if keep >> n & 1 else rng.randrange(256) for n, b in enumerate(data)),
                keep,
                end,
            )
            for data, keep, end in outer
        ]
    given, made = (outer, inner) if inward else (inner, outer)
    sizes = (port, record) if inward else (record, port)
    device = Regrip(*sizes, short=not inward)
    sent = [word(beat, sizes[0]) for beat in given]
    found, ins, outs = run(device, sent, len(made), rng, idle, stall)
    wanted = [word(beat, sizes[1]) for beat in made]
    if inward:  # beats that leave are whole: their mask says nothing
        mask = (1 << 8 * record) - 1
        found = [(x & mask, x >> 9 * record) for x in found]
        wanted = [(x & mask, x >> 9 * record) for x in wanted]
    assert found == wanted
    return ins, outs


@pytest.mark.often(20)
@pytest.mark.parametrize("inward", [True, False], ids=["in", "out"])
@pytest.mark.parametrize(("port", "record"), PAIRS)
def test_all_bytes_of_all_packets_come_out_whoever_stalls(port, record, inward):
    for seed, (idle, stall) in enumerate([(0.4, 0), (0, 0.5), (0.5, 0.5), (0.1, 0.8)]):
        check(port, record, inward, seed, idle, stall)


@pytest.mark.parametrize("inward", [True, False], ids=["in", "out"])
@pytest.mark.parametrize(("port", "record"), PAIRS)
def test_the_narrower_side_never_waits(port, record, inward):
    ins, outs = check(port, record, inward, 9, 0, 0)
    sizes = (port, record) if inward else (record, port)
    busy = ins if sizes[0] <= sizes[1] else outs
    assert busy == list(range(busy[0], busy[0] + len(busy)))


@pytest.mark.parametrize(("port", "record"), [(8, 3), (4, 10), (16, 10), (8, 12), (16, 4)])
def test_a_packet_that_ends_within_a_beat_does_not_shift_the_next(port, record):
    rng = random.Random(f"{port} {record}")
    for rest in range(1, record):
        packets = [rng.randbytes(record * 2 + rest), *packets_of(rng, record, 3)]
        sent = [word(beat, port) for packet in packets for beat in beats_of(packet, port)]
        device = Regrip(port, record, short=False)
        found, *_ = run(device, sent, 4, rng, 0, 0)
        mask, whole = (1 << 8 * record) - 1, [b""]
        for beat in found:
            whole[-1] += (beat & mask).to_bytes(record, "little")
            whole += [b""] if beat >> 9 * record else []
        assert whole[1:] == [*packets[1:], b""] and len(whole[0]) == 3 * record
        assert whole[0].startswith(packets[0][: 2 * record])

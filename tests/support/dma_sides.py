"""cocotb: AXI DMAs of another package at every stream of a module, told by the file AXIS_JOB.

The file has the packets of each input, those that must come out, and the pauses of each side.
"""

import itertools
import json
import logging
import os
import random
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, with_timeout
from cocotbext.axi import AxiStreamBus, AxiStreamFrame, AxiStreamSink, AxiStreamSource


def pauses(share, seed):
    """A pause or none in each cycle, by chance."""
    rng = random.Random(seed)
    return (rng.random() < share for _ in itertools.count())


@cocotb.test()
async def dmas(dut):
    job = json.loads(Path(os.environ["AXIS_JOB"]).read_text(encoding="utf-8"))
    Clock(dut.aclk, 10, unit="ns").start()
    dut.aresetn.value = 0
    sources, options = {}, {"reset_active_level": False}
    for name in job["sent"]:
        bus = AxiStreamBus.from_prefix(dut, f"s_axis_{name}")
        sources[name] = AxiStreamSource(bus, dut.aclk, dut.aresetn, **options)
    bus = AxiStreamBus.from_prefix(dut, "m_axis_result")
    sink = AxiStreamSink(bus, dut.aclk, dut.aresetn, **options)
    for number, (port, share) in enumerate(
        zip([*sources.values(), sink], job["pauses"], strict=True)
    ):
        port.log.setLevel(logging.WARNING)
        if share:
            port.set_pause_generator(pauses(share, number))
    await ClockCycles(dut.aclk, 4)
    dut.aresetn.value = 1
    await ClockCycles(dut.aclk, 2)
    for name, packets in job["sent"].items():
        for packet in packets:
            sources[name].send_nowait(AxiStreamFrame(bytes.fromhex(packet)))
    for number, wanted in enumerate(job["wanted"]):
        frame = await with_timeout(sink.recv(), 2000, "us")
        found = bytes(frame.tdata).hex()
        assert found == wanted, f"packet {number}: expected {wanted}, received {found}"
    await ClockCycles(dut.aclk, 200)
    assert sink.empty(), "a packet more than expected"
    assert all(source.empty() for source in sources.values()), "a packet was not taken"

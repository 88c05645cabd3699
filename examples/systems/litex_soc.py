"""A system on LiteX: an engine with LiteX's own DMAs, a memory, and a bus for a program.

Needs litex and migen of PyPI (make .venv/litex). There is no processor in it, so nothing needs a
compiler for one: the bus has a port in its place, through which the program of program.cpp comes.
For a board, take SoCCore with a processor and the board's platform, and leave that port out.
"""

from __future__ import annotations

import json
import logging
import re

from litex.build.generic_platform import Pins, Subsignal
from litex.build.io import CRG
from litex.build.sim import SimPlatform
from litex.soc.cores.dma import WishboneDMAReader, WishboneDMAWriter
from litex.soc.integration.export import get_csr_json
from litex.soc.integration.soc_core import SoCMini
from litex.soc.interconnect import wishbone
from migen import ClockSignal, Instance, ResetSignal

#: Bits of the bus and of the engine's streams.
WIDTH = 32

#: Where the memory lies, for the program and for DMAs.
MEMORY = DMA_BASE = 0x4000_0000
CHANNELS = ("weight", "activation", "result")

HOST = ("adr", 30), ("dat_w", 32), ("dat_r", 32), ("sel", 4), ("cyc", 1), ("stb", 1), ("we", 1)
IO = [
    ("clk", 0, Pins(1)),
    ("rst", 0, Pins(1)),
    ("host", 0, *(Subsignal(name, Pins(bits)) for name, bits in (*HOST, ("ack", 1)))),
]


class System(SoCMini):
    """The engine ``name``, whose streams have WIDTH bits, with a memory of so many words.

    LiteX's DMAs move whole words: a packet has a multiple of four bytes.
    """

    def __init__(self, platform: SimPlatform, name: str, words: int):
        SoCMini.__init__(self, platform, clk_freq=int(1e6), ident="engine", ident_version=False)
        self.crg = CRG(platform.request("clk"), platform.request("rst"))
        self.add_ram("main_ram", MEMORY, words * WIDTH // 8)

        # The program's side.
        host, pins = (
            wishbone.Interface(data_width=WIDTH, addressing="word"),
            platform.request("host"),
        )
        self.comb += [getattr(host, n).eq(getattr(pins, n)) for n in ("adr", "dat_w", "sel")]
        self.comb += [getattr(host, n).eq(getattr(pins, n)) for n in ("cyc", "stb", "we")]
        self.comb += [pins.dat_r.eq(host.dat_r), pins.ack.eq(host.ack)]
        self.bus.add_master("host", master=host)

        # The engine, a DMA for each of its streams. "big" leaves the bytes of a word in order.
        ports = {"i_aclk": ClockSignal(), "i_aresetn": ~ResetSignal()}
        for channel in CHANNELS:
            bus = wishbone.Interface(data_width=WIDTH, addressing="word")
            if channel == "result":
                dma = WishboneDMAWriter(bus, endianness="big")
                dma.add_ctrl(ready_on_idle=0)
                dma.add_csr()
                side, stream = "m_axis", dma.sink
                ways = {"tdata": "o", "tlast": "o", "tvalid": "o", "tready": "i"}
            else:
                dma = WishboneDMAReader(bus, endianness="big", with_csr=True)
                side, stream = "s_axis", dma.source
                ways = {"tdata": "i", "tlast": "i", "tvalid": "i", "tready": "o"}
                ports[f"i_s_axis_{channel}_tkeep"] = 2 ** (WIDTH // 8) - 1
            setattr(self, channel, dma)
            self.bus.add_master(channel, master=bus)
            for role, way in ways.items():
                ports[f"{way}_{side}_{channel}_{role}"] = getattr(stream, role[1:])
        self.specials += Instance(name, **ports)


def text(name: str, words: int) -> str:
    """The system's Verilog, its module called ``system``."""
    global _REGISTERS
    logging.basicConfig(level=logging.WARNING)  # LiteX draws its whole tree otherwise
    platform = SimPlatform("SIM", IO.copy(), name="system")
    soc = System(platform, name, words)
    soc.finalize()
    whole = platform.get_verilog(soc, name="system").main_source
    found = json.loads(get_csr_json(soc.csr_regions, soc.constants, soc.mem_regions))
    _REGISTERS = {what: entry["addr"] for what, entry in found["csr_registers"].items()}
    return re.sub(r"\$readmemh\(.*\);", "", whole)  # the memory begins empty


#: Addresses of registers in the system that :func:`text` made last.
_REGISTERS: dict[str, int] = {}


def addresses() -> dict[str, dict[str, int]]:
    """Of each channel's registers; ``base`` has two words, of which the second is the low one."""
    return {
        channel: {
            what: _REGISTERS[f"{channel}_{what}"] + (4 if what == "base" else 0)
            for what in ("base", "length", "enable", "done")
        }
        for channel in CHANNELS
    }

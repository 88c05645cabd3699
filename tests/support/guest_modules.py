"""The modules of ``guest_rtl``: their port maps, and the designs that they should do."""

from dataclasses import dataclass, field
from pathlib import Path

from macsmith.sim.guest.candidate import Candidate

from macsmith import Options, design

RTL = Path(__file__).parent / "guest_rtl"

DOT = {"rows": 1, "cols": 1, "lanes": 4}
SHORT = DOT | {"k_max": 4}


@dataclass(frozen=True)
class Module:
    file: str
    ports: str
    pair: str = "int8xint8"
    options: dict = field(default_factory=lambda: DOT)


HANDSHAKE = """
top = "hs"
clock = "clk"
reset = "rst_n"
reset_active = "low"

[input]
valid = "in_valid"
ready = "in_ready"
last = "in_last"

[output]
valid = "out_valid"
ready = "out_ready"

[ports]
w = "weight"
a = "activation"
y = { carries = "result", width = 32 }
"""

MODULES = {
    "valid and ready": Module("hs.sv", HANDSHAKE),
    "valid only": Module(
        "valid_only.v",
        """
        files = ["lanes.vh"]
        clock = "clock"
        reset = "reset"
        reset_cycles = 5
        parameters = { WIDTH = 8 }
        [input]
        valid = "go"
        first = "start"
        last = "stop"
        [output]
        valid = "done"
        within = 6
        [ports]
        w_low = "weight.code[2..3]"
        w_high = ["weight.code[0]", "weight[1][3:0]", "weight[1][7:4]"]
        a = { carries = "activation", reversed = true }
        mode = 2
        y = ["skip 8", { carries = "result", width = 32 }]
        """,
    ),
    "an enable": Module(
        "fixed.v",
        """
        top = "enabled"
        clock = "clk"
        enable = "ce"
        [input]
        first = "first"
        valid = "valid"
        [output]
        latency = 3
        [ports]
        w = "weight"
        a = "activation"
        y = "result"
        """,
    ),
    "neither": Module(
        "fixed.v",
        """
        top = "bare"
        clock = "clk"
        [output]
        latency = 3
        [ports]
        w = "weight"
        a = "activation"
        y = "result"
        """,
        options=SHORT,
    ),
    "a cycle that clears": Module(
        "fixed.v",
        """
        top = "cleared"
        clock = "clk"
        [input]
        valid = "en"
        clear = "clr"
        [output]
        latency = 1
        [ports]
        w = "weight"
        a = "activation"
        y = "result"
        """,
    ),
    "scales of groups": Module(
        "grouped.v",
        """
        clock = "clk"
        reset = "rst"
        [input]
        valid = "valid"
        last = "last"
        group_first = "opens"
        group_last = "closes"
        [output]
        valid = "done"
        within = 1
        values = 2
        [ports]
        w = { carries = "weight", order = "lanes", width = 8 }
        a = "activation"
        s = "scale"
        y = "result"
        """,
        "int4xint8",
        {
            "rows": 2,
            "cols": 1,
            "lanes": 4,
            "k_max": 64,
            "group": 8,
            "scale": "uint4",
            "output": "raw",
        },
    ),
    "a mark of the end": Module(
        "marked.v",
        """
        clock = "clk"
        reset = "rst"
        [input]
        valid = "valid"
        last = "last"
        group_first = "opens"
        group_last = "closes"
        [output]
        valid = "done"
        last = "fin"
        within = 1
        [ports]
        w = "weight"
        a = "activation"
        s = "scale"
        y = "result"
        """,
        "int2xint2",
        {
            "rows": 1,
            "cols": 1,
            "lanes": 1,
            "k_max": 4,
            "group": 2,
            "scale": "uint2",
            "output": "raw",
        },
    ),
    "four bits": Module(
        "pe4.sv",
        HANDSHAKE.replace('"hs"', '"pe4"'),
        "int4xint4",
        {"rows": 1, "cols": 1, "lanes": 1, "k_max": 16},
    ),
    "results in a memory": Module(
        "pe4.sv",
        HANDSHAKE.replace('"hs"', '"pe4_queued"'),
        "int4xint4",
        {"rows": 1, "cols": 1, "lanes": 1, "k_max": 16},
    ),
    "rounded": Module(
        "fixed.v",
        """
        top = "rounded"
        [output]
        latency = 0
        [ports]
        w = "weight"
        a = "activation"
        y = "result"
        """,
        "e2m1xe2m1",
        {"rows": 1, "cols": 1, "lanes": 2, "k_max": 2, "output": "e2m1"},
    ),
    "no register": Module(
        "fixed.v",
        """
        top = "e2m1_product"
        [output]
        latency = 0
        [ports]
        w = "weight"
        a = "activation"
        y = "result"
        """,
        "e2m1xe2m1",
        {"rows": 1, "cols": 1, "lanes": 1, "k_max": 1},
    ),
}


def candidate(module: Module, folder: Path, change=None, ports=None) -> Candidate:
    """A module, its text changed by replacing one part by another; and so its map."""
    path, file = folder / "ports.toml", RTL / module.file
    said = "\n".join(line.strip() for line in module.ports.strip().splitlines())
    for old, new in ports or ():
        assert old in said
        said = said.replace(old, new)
    path.write_text(said.replace('["lanes.vh"]', f'["{RTL}/lanes.vh"]'), encoding="utf-8")
    if change is not None:
        text = file.read_text(encoding="utf-8")
        assert change[0] in text
        file = folder / module.file
        file.write_text(text.replace(*change), encoding="utf-8")
    return Candidate([file], design(module.pair, Options(**module.options)), path)

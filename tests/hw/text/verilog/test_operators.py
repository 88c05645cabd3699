"""Every operator, with operands that are narrower and wider than its result, signed and not."""

import itertools

import pytest
from macsmith.hw.text.verilog.writer import verilog
from macsmith.tools import yosys

UNARY = ["not", "neg", "reduce_or", "reduce_and", "reduce_xor", "reduce_bool", "logic_not"]
BINARY = [
    *("and", "or", "xor", "xnor", "add", "sub", "mul"),
    *("eq", "ne", "lt", "le", "gt", "ge", "shl", "shr", "sshl", "sshr", "shift"),
]
WIDTHS = [(3, 5, 8), (5, 3, 4), (4, 4, 4), (6, 2, 9), (1, 3, 2)]


def module(kind, widths, signed):
    """A module with an operator of which all is read, and one of which the low bits are."""
    a, b, y = widths
    head = f"  parameter \\A_SIGNED {int(signed)}\n  parameter \\A_WIDTH {a}\n  connect \\A \\a\n"
    if kind in BINARY:
        head += f"  parameter \\B_SIGNED {int(signed and 'sh' not in kind)}\n"
        head += f"  parameter \\B_WIDTH {b}\n  connect \\B \\b\n"
    head += f"  parameter \\Y_WIDTH {y}\n"
    cells = [
        f"cell ${kind} $cell{number}\n{head}  connect \\Y {net}\nend\n"
        for number, net in enumerate(("\\y", "$low"))
    ]
    wires = f"wire width {a} input 0 \\a\nwire width {b} input 1 \\b\nwire width {y} output 2 \\y\n"
    low = max(y - 1, 1)
    wires += f"wire width {y} $low\nwire width {low + 1} output 3 \\z\n"
    ends = f"connect \\z {{ \\a [0] $low [{low - 1}:0] }}\n"
    return f"module \\top\n{wires}{''.join(cells)}{ends}end\n"


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
def test_operators(signed, build_folder):
    """yosys proves each equal to the cell."""
    commands = []
    for number, (kind, widths) in enumerate(itertools.product(UNARY + BINARY, WIDTHS)):
        text = module(kind, widths, signed)
        (build_folder / f"gold{number}.il").write_text(text)
        (build_folder / f"gate{number}.v").write_text(verilog(text))
        commands += [
            *(f"read_rtlil gold{number}.il", "rename top gold", f"read_verilog gate{number}.v"),
            *("rename top gate", "miter -equiv -flatten gold gate miter"),
            *("sat -verify -prove trigger 0 miter", "design -reset"),
        ]
    yosys.run(commands, build_folder)

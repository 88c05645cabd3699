"""Our own emitted Verilog, given back through a map: right as it is, found where broken."""

import re

import pytest
from macsmith.golden.errors import Mismatch
from macsmith.hw.text.emit import emit
from macsmith.sim.guest.candidate import Candidate
from macsmith.sim.guest.verify import compiled
from macsmith.sim.streams import Simulator

from macsmith import Options, design


def mapped(emitted):
    """The map of the ports that our wrapper has."""
    interface, lines = emitted.interface, []
    lines += [f'clock = "{interface.clock}"', f'reset = "{interface.reset}"']
    lines += ['reset_active = "low"'] * interface.reset_low
    ports = {}
    for stream in emitted.streams:
        pins = {pin.role: pin.name for pin in interface.pins(stream)}
        lines += ["[output]"] if stream.output else ["[[input]]", f'streams = ["{stream.name}"]']
        lines += [f'{role} = "{pins[role]}"' for role in ("valid", "ready", "last") if role in pins]
        parts = []
        for field in stream.fields:
            for value in range(field.count):
                parts.append(f"{stream.name}.{field.name}[{value}]")
                parts += [f"{stream.name}.{flag}[{value}]" for flag in field.flags]
        ports[pins["data"]] = parts
    lines += ["[ports]", *(f"{name} = {parts}" for name, parts in ports.items())]
    return "\n".join(lines) + "\n"


def candidate(folder, pair, change=None, **options):
    engine = design(pair, Options(**options))
    emitted = emit(engine)
    text = emitted.verilog + emitted.wrapper
    if change is not None:
        assert re.search(change[0], text)
        text = re.sub(change[0], change[1], text, count=1)
    file, ports = folder / "mine.v", folder / "ports.toml"
    file.write_text(text, encoding="utf-8")
    ports.write_text(mapped(emitted), encoding="utf-8")
    return Candidate([file], engine, ports, emitted.name)


@pytest.mark.parametrize(
    "pair, options",
    [
        ("int2xint2", {"rows": 1, "cols": 1, "lanes": 2}),
        pytest.param("int4xint8", {"rows": 2, "cols": 2, "lanes": 2}, marks=pytest.mark.slow),
        pytest.param("e5m2xe4m3", {"rows": 1, "cols": 1, "lanes": 2}, marks=pytest.mark.slow),
        pytest.param("nvfp4", {"rows": 2, "cols": 1, "lanes": 16}, marks=pytest.mark.slow),
        pytest.param("w4a8", {"rows": 2, "cols": 1, "lanes": 4}, marks=pytest.mark.slow),
    ],
)
def test_what_we_emit_is_right_through_a_map(tmp_path, pair, options):
    made = candidate(tmp_path, pair, **options)
    met = compiled(made, Simulator(made.emitted), count=5)
    assert met.phases.share == 1.0 and met.sent


def test_a_fault_in_it_is_found_with_its_operands(tmp_path):
    change = r"\.weight__payload\(weight_data\)", ".weight__payload(weight_data ^ 4'h2)"
    made = candidate(tmp_path, "int2xint2", change, rows=1, cols=1, lanes=2)
    with pytest.raises(Mismatch, match=r"expected .*\n  received .*\n  weight     code: "):
        compiled(made, Simulator(made.emitted), count=5)

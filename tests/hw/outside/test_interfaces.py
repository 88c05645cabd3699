"""Interfaces say where every bit of a beat lies; a new one is one class."""

import json

import pytest
from macsmith.golden.description.build import INTERFACES
from macsmith.golden.errors import DesignError
from macsmith.golden.streams import Field, Stream
from macsmith.hw.outside import Interface, Pin, Slice

from macsmith import Options, design
from macsmith.library import generate, verify

FIELDS = (
    Field("a", "codes", 0, "a", 3, 2, 7),
    Field("v", "value", None, "v", 2, 1, 13, signed=True, flags=("nan", "positive")),
)
STREAMS = [
    Stream("weight", False, "step", FIELDS[:1]),
    Stream("result", True, "result", FIELDS[1:], last=True),
    Stream("both", False, "step", FIELDS, last=True),
]


class Reversed(Interface):
    """Names and positions that neither of the package's interfaces has: the first value on top."""

    name = "reversed"
    about = ("The first value lies on top.",)
    manual = "The first value lies on top."
    clock, reset, reset_low = "ck", "nreset", True

    def pins(self, stream):
        out, bits = stream.output, stream.data_bits + 3
        return (
            Pin("valid", f"{stream.name}_vld", 1, out),
            Pin("ready", f"{stream.name}_rdy", 1, not out),
            Pin("data", f"{stream.name}_bits", bits, out),
            *([Pin("last", f"{stream.name}_end", 1, out)] if stream.last else []),
        )

    def slices(self, stream):
        found, core, high = [], 0, stream.data_bits
        for field in stream.fields:
            for index in range(field.count):
                for flags, bits in ((False, field.bits), (True, len(field.flags))):
                    if bits:
                        high -= bits
                        found.append(Slice(field, index, flags, "data", high, bits, core, bits))
                        core += bits
        return tuple(found)


@pytest.fixture
def reversed_interface():
    INTERFACES.register("reversed", Reversed())
    yield
    del INTERFACES.things["reversed"]


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
@pytest.mark.parametrize("name", [*INTERFACES])
def test_values_lie_side_by_side_and_none_is_left_out(name, stream):
    interface = INTERFACES[name]
    pins = {pin.role: pin for pin in interface.pins(stream)}
    taken = {role: [0] * pin.width for role, pin in pins.items()}
    core = [0] * stream.data_bits
    for item in interface.slices(stream):
        for place in range(item.wide):
            taken[item.role][item.low + place] += 1
        for place in range(item.bits):
            core[item.core + place] += 1
        assert item.wide >= item.bits
    assert set(core) == {1}
    assert all(set(counts) <= {0, 1} for counts in taken.values())
    assert sum(run.bits for run in interface.runs(stream)) == stream.data_bits
    assert interface.beat_bits(stream) == sum(
        pin.width for role, pin in pins.items() if role not in ("valid", "ready")
    )


def test_one_of_ones_own_is_verified_and_written(reversed_interface, tmp_path):
    engine = design("e5m2xe4m3", Options(rows=2, cols=1, lanes=2, interface="reversed"))
    assert verify(engine, count=10).results > 100
    made = generate(engine, tmp_path / "out", tiles=5)
    ports = {
        port["name"] for port in json.loads((made.folder / "manifest.json").read_text())["ports"]
    }
    assert {"ck", "nreset", "weight_vld", "result_bits"} <= ports


def test_an_unknown_one_is_named_with_those_that_there_are():
    with pytest.raises(DesignError, match="unknown interface 'axi'; close ones: axis"):
        design("int4xint8", Options(interface="axi"))

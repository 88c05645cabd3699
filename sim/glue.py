"""What surrounds a compiled engine: every value of every stream is a port of its own."""

from __future__ import annotations

import numpy as np

from ..golden.streams import Stream
from .lanes import carrier, words


def parts(stream: Stream) -> list[tuple[int, int]]:
    """How many values of how many bits a beat carries, low bits first; ``last`` is one more."""
    return [(field.count, field.lane_bits) for field in stream.fields] + [(1, 1)] * stream.last


def result_words(stream: Stream) -> int:
    """32-bit words of a beat of results."""
    return sum(count * words(bits) for count, bits in parts(stream))


def top(core: str, streams: tuple[Stream, ...]) -> str:
    """Verilog around the core: every value of every stream a port of its own."""
    ports, pins, body = ["input clk", "input rst"], [".clk(clk)", ".rst(rst)"], []
    for number, stream in enumerate(streams):
        here, there = ("output", "input") if stream.output else ("input", "output")
        prefix, lane = ("r", "r") if stream.output else (f"s{number}", f"s{number}v")
        ports += [f"{here} {prefix}valid", f"{there} {prefix}ready"]
        pins += [f".{stream.name}__{pin}({prefix}{pin})" for pin in ("valid", "ready")]
        widths = _widths(stream)
        ports += [f"{here} [{bits - 1}:0] {lane}{i}" for i, bits in enumerate(widths)]
        if stream.output:
            body.append(f"wire [{sum(widths) - 1}:0] all;")
            places = np.cumsum([0, *widths])
            body += [
                f"assign {lane}{i} = all[{place} +: {bits}];"
                for i, (place, bits) in enumerate(zip(places[:-1], widths, strict=True))
            ]
            pins.append(f".{stream.name}__payload(all)")
        else:
            values = ", ".join(f"{lane}{i}" for i in reversed(range(len(widths))))
            pins.append(f".{stream.name}__payload({{{values}}})")
    body.append(f"\\{core} core ({', '.join(pins)});")
    return "\n".join([f"module top({', '.join(ports)});", *body, "endmodule", ""])


def glue(sources: tuple[Stream, ...], result: Stream) -> str:
    """C++ that moves one beat of a stream between arrays and ports."""
    valid, ready, beats, first = [], [], [], 0
    for number, stream in enumerate(sources):
        valid.append(f"  case {number}: put(top.p_s{number}valid, uint64_t(on)); break;")
        ready.append(f"  case {number}: return high(top.p_s{number}ready);")
        beats += [f"  case {number}: {{", *_put_beat(number, stream, first), "  } break;"]
        first += len(parts(stream))
    take, place = [], 0
    for index, bits in enumerate(_widths(result)):
        take.append(f"  get(top.p_r{index}, x + {place});")
        place += words(bits)
    return "\n".join(
        [
            f"static const size_t SOURCES = {len(sources)}, RESULT_WORDS = {place};",
            *_function("void put_valid", "size_t source, bool on", valid),
            *_function("bool get_ready", "size_t source", [*ready, "  default: return false;"]),
            *_function("void put_beat", "size_t source, const void *const *fields, size_t beat",
                       beats),
            "static void get_result(Top &top, uint32_t *x) {",
            *take,
            "}",
            "",
        ]
    )  # fmt: skip


def _function(head: str, more: str, cases: list[str]) -> list[str]:
    return [f"static {head}(Top &top, {more}) {{", "  switch (source) {", *cases, "  }", "}"]


def _put_beat(number: int, stream: Stream, first: int) -> list[str]:
    lines, port = [], 0
    for index, (count, bits) in enumerate(parts(stream)):
        kind, each = np.dtype(carrier(bits)).itemsize * 8, words(bits) if bits > 32 else 1
        lines.append(
            f"    auto x{index} = static_cast<const uint{kind}_t *>(fields[{first + index}])"
            f" + beat * {count * each};"
        )
        for lane in range(count):
            value = f"x{index} + {lane * each}" if bits > 32 else f"uint64_t(x{index}[{lane}])"
            lines.append(f"    put(top.p_s{number}v{port}, {value});")
            port += 1
    return lines


def _widths(stream: Stream) -> list[int]:
    return [bits for count, bits in parts(stream) for _ in range(count)]

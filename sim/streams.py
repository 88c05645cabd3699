"""An engine compiled to machine code, fed through arrays: a call for thousands of reductions."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..hw.emit import Emitted
from . import cxxrtl
from .lanes import words

Array = npt.NDArray[Any]

#: Steps sent in one call: an interrupt waits no longer.
CHUNK = 1 << 14

_PORTS = {"weight": "w", "activation": "a", "initial": "i", "result": "r"}


@dataclass(frozen=True)
class Run:
    """What came out of :meth:`Simulator.run`.

    Parameters
    ----------
    words : uint32 (tiles, rows * cols, words): each lane's value, its flags above it.
    cycles : from the first transfer to the last result.
    extra : results that came although no reduction was left.
    """

    words: Array
    cycles: int
    extra: int


class Simulator:
    """The core of an engine, or another ``core`` with the same ports, compiled.

    Every element and every result is a port of its own in the compiled design: arrays go in and
    come out as they are, and no wide word is ever assembled.

    Parameters
    ----------
    emitted : the engine's hardware; its RTLIL is simulated unless ``core`` is given.
    core : Verilog of a module called ``emitted.core``, such as the mapped netlist.
    libraries : Verilog files with the cells of ``core``; files that they include lie beside them.
    optimize : option of the C++ compiler.

    Raises ToolMissing or ToolFailed.
    """

    def __init__(
        self,
        emitted: Emitted,
        core: str | None = None,
        libraries: tuple[Path, ...] = (),
        *,
        optimize: str = cxxrtl.OPTIMIZE,
    ):
        self.emitted = emitted
        plan = emitted.plan
        self.dtypes = plan.weight.dtype, plan.activation.dtype
        self.result_words = words(emitted.streams[-1].lane_bits)
        self.initial_words = words(plan.initial.width) if plan.initial else 0
        files, commands = _sources(emitted, core, libraries)
        library = cxxrtl.build(files, commands, _glue(emitted), "streams.cpp", optimize=optimize)
        self._run, self._destroy = library.run, library.destroy
        library.create.restype = ctypes.c_void_p
        size, pointer = ctypes.c_size_t, ctypes.c_void_p
        self._run.restype = size
        self._run.argtypes = [pointer, size, pointer, pointer, pointer, size, pointer]
        self._run.argtypes += [size, pointer, size, pointer, pointer]
        self._destroy.argtypes = [pointer]
        self._handle = library.create()

    def __del__(self) -> None:
        if hasattr(self, "_handle"):
            self._destroy(self._handle)

    def run(self, weight: Array, activation: Array, last: Array, initial: Array | None) -> Run:
        """Send all steps without a pause; the sink always takes.

        Parameters
        ----------
        weight, activation : codes (steps, rows * lanes) and (steps, cols * lanes).
        last : bool (steps,), the ends of the reductions.
        initial : uint32 (tiles, rows * cols, words) two's complement, where the core preloads.

        Fewer results than reductions mean that the design hung.
        """
        wanted, plan = int(last.sum()), self.emitted.plan
        sent = [
            np.ascontiguousarray(weight, self.dtypes[0]),
            np.ascontiguousarray(activation, self.dtypes[1]),
            np.ascontiguousarray(last, np.uint8),
        ]
        starts = None if initial is None else np.ascontiguousarray(initial, np.uint32)
        found = np.zeros((wanted, plan.rows * plan.cols, self.result_words), np.uint32)
        cycles, extra = ctypes.c_size_t(), ctypes.c_size_t()
        count = self._run(
            self._handle,
            len(sent[2]),
            *(array.ctypes.data for array in sent),
            0 if starts is None else len(starts),
            None if starts is None else starts.ctypes.data,
            wanted,
            found.ctypes.data,
            plan.latency + 16,
            ctypes.byref(cycles),
            ctypes.byref(extra),
        )
        return Run(found[:count], cycles.value, extra.value)


def _sources(
    emitted: Emitted, core: str | None, libraries: tuple[Path, ...]
) -> tuple[dict[str, str], list[str]]:
    files, commands = {"top.v": _top(emitted)}, []
    for number, path in enumerate(libraries):
        files |= {item.name: item.read_text() for item in sorted(path.parent.glob("*.vh"))}
        files[f"library_{number}.v"] = path.read_text()
        commands.append(f"read_verilog -defer -nooverwrite library_{number}.v")
    if core is None:
        files["core.il"] = emitted.rtlil
        commands.append("read_rtlil core.il")
    else:
        files["core.v"] = core
        commands.append("read_verilog core.v")
    commands += ["read_verilog top.v", "hierarchy -check -top top", "proc"]
    if core is None:
        # Repeated modules stay apart: the C++ compiler sees each once.
        commands += [f"setattr -mod -set keep_hierarchy 1 {name}" for name in emitted.keep]
    return files, [*commands, "flatten", "opt_expr", "opt_clean -purge"]


def _top(emitted: Emitted) -> str:
    """Verilog around the core: every element, every result a port of its own."""
    ports, pins, body = ["input clk", "input rst"], [".clk(clk)", ".rst(rst)"], []
    for stream in emitted.streams:
        letter, count, bits = _PORTS[stream.name], stream.count, stream.lane_bits
        here, there = ("output", "input") if stream.output else ("input", "output")
        ports += [f"{here} {letter}valid", f"{there} {letter}ready"]
        ports += [f"{here} [{bits - 1}:0] {letter}{i}" for i in range(count)]
        pins += [f".{stream.name}__{pin}({letter}{pin})" for pin in ("valid", "ready")]
        elements = [f"{letter}{i}" for i in reversed(range(count))]
        if stream.last:
            ports.append(f"input {letter}last")
            elements.insert(0, f"{letter}last")
        if stream.output:
            body.append(f"wire [{count * bits - 1}:0] all;")
            body += [f"assign {letter}{i} = all[{i * bits} +: {bits}];" for i in range(count)]
            pins.append(f".{stream.name}__payload(all)")
        else:
            pins.append(f".{stream.name}__payload({{{', '.join(elements)}}})")
    body.append(f"\\{emitted.core} core ({', '.join(pins)});")
    return "\n".join([f"module top({', '.join(ports)});", *body, "endmodule", ""])


def _glue(emitted: Emitted) -> str:
    """C++ that moves one beat between arrays and ports."""
    plan, result = emitted.plan, emitted.streams[-1]
    result_words = words(result.lane_bits)
    start_words = words(plan.initial.width) if plan.initial else 0
    lines = []
    for stream, fmt in zip(emitted.streams, (plan.weight, plan.activation), strict=False):
        name, count = stream.name, stream.count
        kind = name.capitalize()
        lines += [
            f"using {kind} = uint{np.dtype(fmt.dtype).itemsize * 8}_t;",
            f"static const size_t {name.upper()}S = {count};",
            f"static void put_{name}(Top &top, const {kind} *x) {{",
            *(f"  put(top.p_{_PORTS[name]}{i}, uint64_t(x[{i}]));" for i in range(count)),
            "}",
        ]
    lines += [
        f"static const size_t RESULTS = {result.count}, RESULT_WORDS = {result_words};",
        "static void get_result(Top &top, uint32_t *x) {",
        *(f"  get(top.p_r{i}, x + {i * result_words});" for i in range(result.count)),
        "}",
        f"#define HAS_INITIAL {int(plan.initial is not None)}",
    ]
    if plan.initial:
        lines += [
            f"static const size_t INITIAL_WORDS = {start_words};",
            "static void put_initial(Top &top, const uint32_t *x) {",
            *(f"  put(top.p_i{i}, x + {i * start_words});" for i in range(result.count)),
            "}",
        ]
    return "\n".join([*lines, ""])

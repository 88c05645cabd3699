"""An engine as an RTL black box of Vitis HLS (UG1399): Verilog, its JSON, and its C++ function."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .golden.description import Design, Engine
from .golden.errors import DesignError
from .golden.interval import Range
from .golden.padding import unit
from .golden.streams import Stream
from .golden.tiling import Tiling, beats_of
from .hw.catalogue import hardware
from .hw.engine.hardware import EngineHardware
from .hw.engine.shape import product
from .hw.text.emit import Emitted, emit
from .rendering import header, render
from .sim.cpp import fields, model
from .sim.cpp.beats import Beats, Port, beats
from .sim.harness import Harness, harness
from .sim.stimuli import batches
from .sim.streams import Simulator

#: Words of ``ap_uint`` have at most so many bits (UG1399), and where nobody says more.
_WIDEST, _PLAIN = 4096, 1024

#: The stream whose words say where a call's inputs end.
_LEADER = "activation"

#: The ports of a function's call (``ap_ctrl_chain``), by the names that the JSON has for them.
_CHAIN = ("idle", "start", "ready", "done", "continue")

#: Calls after each other of which the interval is taken: the first may find the engine empty.
_CALLS = 8

#: What to do with a design that is no black box.
_BESIDE = (
    "leave it out, and join the design to kernels by AXI-Streams (ap_axiu in C++), such as "
    "--axis-width 64"
)

#: What Vitis HLS asks of the resources: those of a mapped netlist.
_RESOURCES = ("FF", "LUT", "BRAM", "URAM", "DSP")


def check_hls(design: Design, k: int) -> Engine:
    """``design``, if it can be a black box whose calls multiply ``k`` elements; else DesignError.

    It has FIFO ports of its own, whatever the design's interface.
    """
    name = design.name
    if not isinstance(design, Engine):
        raise DesignError(
            f"black boxes for Vitis HLS are engines, and {name} is none: no --hls",
            otherwise=_BESIDE,
        )
    if design.build.die_crossings:
        raise DesignError(
            f"a black box of Vitis HLS lies in one die, got --die-crossings "
            f"{design.build.die_crossings}",
            {"die_crossings": None},
        )
    if len(design.modes) > 1 or Tiling(design).stationary:
        several = len(design.modes) > 1
        why = f"{name} has " + ("several modes" if several else "weights that stay")
        raise DesignError(
            f"an engine for Vitis HLS has one mode and no weights that stay, and {why}",
            *([] if several else [{"flow": "broadcast"}]),
            otherwise="leave out --hls",
        )
    whole, most = unit(design.alone(0)), design.arithmetic.k_max
    if not 0 < k <= most or k % whole:
        raise DesignError(
            f"a call multiplies at most {most} elements, a multiple of {whole}, got --hls {k}",
            *([] if k % whole or k < 1 else [{"k_max": k}]),
        )
    widest = max(_stream(stream)["width"] for stream in hardware(_native(design)).streams)
    if widest > _WIDEST:
        raise DesignError(
            f"words of Vitis HLS have at most {_WIDEST} bits, and a beat of {name} has {widest}: "
            "fewer --rows, --cols or --lanes"
        )
    return design


def _native(engine: Engine) -> Engine:
    """The engine with the streams of its array."""
    return replace(engine, build=replace(engine.build, interface="native", axis_width=0))


def hls_files(design: Design, k: int, cost: Mapping[str, float] | None = None) -> dict[str, str]:
    """The files of the black box: path in the output folder -> text.

    Parameters
    ----------
    k : elements of K of a call whose latency and interval the JSON states; calls of other lengths
        take others.
    cost : resources of the netlist, where it was mapped.

    Raises DesignError as :func:`check_hls`, and for what the C++ model does not do.
    """
    engine = check_hls(design, k)
    native = _native(engine)
    emitted = emit(native)
    arrays = fields.fields(model.alone(native, 0))
    found = beats(emitted, arrays)
    if found is None:
        raise DesignError(
            f"the streams of {engine.name} have no C++ function: no --hls", otherwise=_BESIDE
        )
    box = f"{engine.name}_hls"
    streams = [_stream(stream) for stream in emitted.streams]
    widest = max(stream["width"] for stream in streams)
    values = {
        "header": header(),
        "name": engine.name,
        "box": box,
        "summary": emitted.hardware.summary,
        "notes": emitted.notes,
        "streams": streams,
        "inputs": [stream for stream in streams if not stream["output"]],
        "result": next(stream for stream in streams if stream["output"]),
        "leader": _LEADER,
        "leader_width": next(s["width"] for s in streams if s["name"] == _LEADER),
        "widest": widest if widest > _PLAIN else 0,
        "k": k,
        "performance": _performance(emitted, k),
        **_counts(native, found),
        "fields": arrays,
        "raw": isinstance(model.result_format(model.alone(native, 0)), Range),
    }
    core = f"{box}_core"
    golden = model.files(engine)
    return {
        f"hls/{box}.v": render("hls_box.v", values),
        f"hls/{core}.v": f"// {header()}\n{emitted.enabled(core)}",
        f"hls/{box}.json": _description(box, values, cost),
        f"hls/{box}.hpp": render("hls_box.hpp", values),
        f"hls/{box}.cpp": render("hls_box.cpp", values),
        **{path: text for path, text in golden.items() if path.endswith("_golden.hpp")},
    }


def _stream(stream: Stream) -> dict[str, Any]:
    """A stream's FIFO: an input's ``last`` lies above its data, that of results stays inside."""
    return {
        "name": stream.name,
        "output": stream.output,
        "last": stream.last,
        "bits": stream.data_bits,
        "width": stream.data_bits + (stream.last and not stream.output),
        "per": stream.per,
    }


def _performance(emitted: Emitted, k: int) -> dict[str, int]:
    """Cycles of a call without stalls: from ``ap_start`` to ``ap_done``, and from one to the next.

    They are simulated where reductions are so short, or partial sums so many, that no rule tells.
    """
    own = emitted.hardware.alone
    assert isinstance(own, EngineHardware)
    plan = own.plan
    # A step is taken in the last of its cycles, unless it is looked at before.
    first = 1 if plan.ahead else plan.cycles
    if plan.skips:
        steps, [result] = k // plan.step_of(0), own.results
        leaving = (beats_of(result, plan, steps) - 1) * plan.result_interval
        cycles = steps * plan.cycles - first + own.latency + leaving
        shape = own.engine.build.rows, k, own.engine.build.cols
        return {"latency": cycles + first, "II": product(own.engine, plan, shape).interval}
    tried, trials = harness(emitted.hardware), list(batches(own.engine, 1, 0, k)) * _CALLS
    cycles_of = tried.cycles if tried.cycles(trials) is not None else _simulated(emitted, tried)
    one, two, many = (cycles_of(trials[:count]) for count in (1, 2, _CALLS))
    assert one is not None and two is not None and many is not None
    return {"latency": one + first, "II": -(-(many - two) // (_CALLS - 2))}


def _simulated(emitted: Emitted, tried: Harness) -> Callable[[Sequence[Any]], int | None]:
    """What counts cycles from the first transfer to the last result of trials."""
    machine = Simulator(emitted)

    def cycles(trials: Sequence[Any]) -> int | None:
        machine.reset()
        sent = {stream.name: tried.sent(stream, trials) for stream in emitted.hardware.sources}
        return machine.run(sent, tried.each * len(trials)).cycles

    return cycles


def _counts(engine: Engine, found: Beats) -> dict[str, Any]:
    """What the C++ function reads and writes in a call; ``steps`` is its number of steps."""
    tiling = Tiling(engine)
    results = tiling.rows * tiling.cols // tiling.results
    counts = {
        "step": "steps",
        "group": f"steps / {tiling.group_steps}" if tiling.group_steps else "1",
        "reduction": "1",
        "result": str(results),
    }
    return {
        "ports": [_port(port, counts) for port in found.inputs],
        "output": found.output,
        "take": found.output.take,
        "result_beats": counts[found.output.per],
        "step": found.step,
        "rows": tiling.rows,
        "cols": tiling.cols,
        "outputs": engine.arithmetic.outputs,
    }


def _port(port: Port, counts: Mapping[str, str]) -> dict[str, Any]:
    return {"name": port.name, "count": counts[port.per], "puts": port.puts, "width": port.width}


def _description(box: str, values: Mapping[str, Any], cost: Mapping[str, float] | None) -> str:
    """The JSON file of UG1399, chapter "JSON File for RTL Blackbox"."""
    parameters = []
    for stream in values["streams"]:
        name = stream["name"]
        if stream["output"]:
            ports = {"FIFO_full_flag": "full_n", "FIFO_write_enable": "write"}
            ports["FIFO_data_write_out"] = "din"
        else:
            ports = {"FIFO_empty_flag": "empty_n", "FIFO_read_enable": "read"}
            ports["FIFO_data_read_in"] = "dout"
        parameters.append(
            {
                "c_name": f"{name}_stream",
                "c_port_direction": "out" if stream["output"] else "in",
                "rtl_ports": {role: f"{name}_{port}" for role, port in ports.items()},
            }
        )
    used = {"FF": "ff", "LUT": "lut", "BRAM": "bram36", "URAM": "uram", "DSP": "dsp"}
    found = {
        "c_function_name": box,
        "rtl_top_module_name": box,
        "c_files": [{"c_file": f"{box}.cpp", "cflag": "-std=c++17"}],
        "rtl_files": [f"{box}.v", f"{box}_core.v"],
        "c_parameters": parameters,
        "rtl_common_signal": {
            "module_clock": "ap_clk",
            "module_reset": "ap_rst",
            "module_clock_enable": "ap_ce",
            **{f"ap_ctrl_chain_protocol_{what}": f"ap_{what}" for what in _CHAIN},
        },
        "rtl_performance": {key: str(value) for key, value in values["performance"].items()},
        "rtl_resource_usage": {
            name: str(round((cost or {}).get(used[name], 0))) for name in _RESOURCES
        },
    }
    return json.dumps(found, indent=2) + "\n"

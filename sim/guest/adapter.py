"""Verilog that gives a user's module the streams of a design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jinja2

from ...golden.description import Engine
from ...golden.streams import Stream
from .carried import Bit
from .fit import Fit
from .hardware import each
from .portmap import Inputs


def adapter(fit: Fit, core: str, module: str, *, parameters: bool = False, probe: int = 0) -> str:
    """Verilog of a module ``core`` around ``module``, the user's, with its ``parameters``.

    With ``probe``, results are what the outputs show in so many cycles after each input that
    completes one, the earliest in the low bits.
    """
    found, output, result = fit.found, fit.output, fit.guest.results[0]
    queue = 0 if output.ready or found.enable else _queue(fit)
    groups = [_group(fit, n, item, streams) for n, (item, streams) in enumerate(fit.inputs)]
    leader = next((group for group in groups if group["leads"]), groups[0])
    outside = [*fit.guest.sources, probed(result, probe) if probe else result]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    return environment.get_template("adapter.v.j2").render(
        top=fit.source.top,
        core=core,
        module=f"\\{module} ",
        streams=outside,
        result=result,
        settle=settle(fit),
        groups=groups,
        arrives=f"{leader['id']}_fires",
        completes=f"{leader['id']}_last" if _by_ends(fit) else "1'b1",
        clear=any(group["clears"] for group in groups),
        each=each(fit.guest),
        wires=_wires(fit),
        pins=_pins(fit, groups),
        parameters=_parameters(fit) if parameters else "",
        payload=_payload(fit),
        latency=output.latency,
        valid=_name(output.valid),
        probe=probe,
        queue=queue,
        address=max(queue - 1, 1).bit_length(),
        enable=bool(found.enable),
    )


def probed(result: Stream, cycles: int) -> Stream:
    """The results of an adapter that probes: one after another, for each cycle."""
    fields = tuple(
        replace(field, name=f"{field.name}_{cycle}")
        for cycle in range(cycles)
        for field in result.fields
    )
    return replace(result, fields=fields)


def settle(fit: Fit) -> int:
    """Cycles after a reset in which nothing enters: a long reset's, or until what was inside has
    come out of a module without one."""
    if fit.found.reset is not None:
        return fit.found.reset_cycles - 1
    return _slowest(fit) + 1


def _slowest(fit: Fit) -> int:
    return fit.output.within if fit.output.latency is None else fit.output.latency


def _queue(fit: Fit) -> int:
    """Places of a queue: half of it is room for what is inside."""
    return 1 << (2 * _slowest(fit) + 3).bit_length()


def _by_ends(fit: Fit) -> bool:
    """Whether a reduction's end completes a result; else every beat does."""
    return isinstance(fit.guest.design, Engine) or fit.guest.own.results[0].per != "step"


def _parameters(fit: Fit) -> str:
    items = fit.found.parameters.items()
    words = [f".{name}({v})" if isinstance(v, int) else f'.{name}("{v}")' for name, v in items]
    return f"#({', '.join(words)}) " if words else ""


def _group(fit: Fit, number: int, item: Inputs, streams: Sequence[Stream]) -> dict[str, Any]:
    """What the template needs of streams that enter together."""
    name, ending = f"g{number}", next((s for s in streams if s.last), None)
    steps = getattr(getattr(fit.guest.own, "plan", None), "group_steps", None)
    several = len({stream.per for stream in streams}) > 1
    when = {"group": f" & {name}_closes", "reduction": f" & {name}_last"} if several else {}
    last = "1'b1" if ending is None else f"{ending.name}__payload[{ending.payload_bits - 1}]"
    leads = ending is not None or any(stream.per == "step" for stream in streams)
    return {
        "id": name,
        "names": ", ".join(stream.name for stream in streams),
        "all": " & ".join(f"{stream.name}__valid" for stream in streams),
        "streams": [{"name": s.name, "when": when.get(s.per, "")} for s in streams],
        "ready": f"{name}_ready" if item.ready else "",
        "last": last,
        "leads": leads and ending is not None,
        "counted": bool(item.marks) or several,
        "steps": steps or 0,
        "clears": "clear" in item.marks,
        "item": item,
    }


def _pins(fit: Fit, groups: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """Ports of the module and what they are connected to."""
    found, output, pins = fit.found, fit.output, list[tuple[str, str]]()
    if found.clock:
        pins.append((found.clock, "clk"))
    if found.reset:
        wanted = "rst" if found.reset_cycles == 1 else "(rst | ~up)"
        pins.append((found.reset, f"~{wanted}" if found.reset_low else wanted))
    if found.enable:
        pins.append((found.enable, "moves"))
    for group in groups:
        item, name = group["item"], group["id"]
        pins += [(item.valid, f"{name}_valid")] if item.valid else []
        pins += [(item.ready, f"{name}_ready")] if item.ready else []
        known = {"first": "first", "last": "last", "group_first": "opens", "group_last": "closes"}
        for mark, port in item.marks.items():
            text = "clears" if mark == "clear" else f"{name}_{known[mark]}"
            if mark != "clear":
                # Without a valid, nothing else says that a mark counts; with one, nobody may look.
                text = f"{text} ^ ~{name}_valid" if item.valid else f"{text} & {name}_valid"
            pins.append((port, text))
    pins += [(output.valid, _name(output.valid))] if output.valid else []
    pins += [(output.ready, "result__ready | ~up")] if output.ready else []
    pins += [(output.last, _name(output.last))] if output.last else []
    quiet = {
        stream.name: (f"g{number}_valid", item.zero)
        for number, (item, streams) in enumerate(fit.inputs)
        for stream in streams
    }
    pins += [(name, _driven(bits, quiet)) for name, bits in fit.drives.items()]
    pins += [(name, _name(name)) for name in fit.reads]
    return pins


def _wires(fit: Fit) -> list[dict[str, Any]]:
    """Wires of the module's outputs."""
    output = fit.output
    ones = [{"name": _name(name), "width": 1} for name in (output.valid, output.last) if name]
    return ones + [{"name": _name(name), "width": len(bits)} for name, bits in fit.reads.items()]


def _name(port: str | None) -> str:
    """The wire of an output."""
    return "" if port is None else f"\\o_{port} "


def _driven(bits: Sequence[Bit], quiet: dict[str, tuple[str, bool]]) -> str:
    """What an input is driven by; while the valid of ``quiet`` is low, 0 or wrong bits."""
    parts: list[str] = []
    for base, low, count in _runs(bits):
        if isinstance(base, int):
            parts.append(f"{count}'b{str(base) * count}")
            continue
        text = f"{base}__payload[{low + count - 1}:{low}]"
        valid, zero = quiet[base]
        every = f"{{{count}{{{valid}}}}}"
        parts.append(f"({every} & {text})" if zero else f"(~{every} ^ {text})")
    return f"{{{', '.join(reversed(parts))}}}"


def _payload(fit: Fit) -> str:
    """The payload of results, from the outputs that carry it."""
    result = fit.guest.results[0]
    places = {
        bit[1]: (_name(name), index)
        for name, bits in fit.reads.items()
        for index, bit in enumerate(bits)
        if isinstance(bit, tuple)
    }
    parts = [
        f"{base}[{low + count - 1}:{low}]"
        for base, low, count in _runs([places[place] for place in range(result.data_bits)])
    ]
    return f"{{{', '.join([*([_name(fit.output.last)] * result.last), *reversed(parts)])}}}"


def _runs(bits: Sequence[Bit]) -> list[tuple[str | int, int, int]]:
    """Bits that lie side by side: what they are of, the lowest, how many."""
    runs: list[tuple[str | int, int, int]] = []
    for bit in bits:
        base, place = bit if isinstance(bit, tuple) else (bit, 0)
        assert base is not None
        if runs and runs[-1][0] == base:
            before, low, count = runs[-1]
            if isinstance(base, int) or low + count == place:
                runs[-1] = before, low, count + 1
                continue
        runs.append((base, place, 1))
    return runs

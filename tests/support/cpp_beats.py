"""C++ models of streams compiled for the tests: many designs in one library, called with golden's
beats."""

from __future__ import annotations

import ctypes
import re
import subprocess
from pathlib import Path

import numpy as np
from cpp_models import FLAGS
from macsmith.golden.streams import Beats
from macsmith.hw.catalogue import alone
from macsmith.sim.cpp import catalogue
from macsmith.sim.cpp.ports import ports

_SHIM = """
extern "C" const char *{name}(const std::size_t *beats, const void *const *data,
                              void *const *results, std::size_t *made) {{
    {name}_golden::Given given;
    {name}_golden::Result result;
    (void)beats, (void)data;
{lines}
    return {name}_golden::answer(given, result, *made);
}}
"""


class CompiledBeats:
    """The models of some units and chains, of different names.

    ``texts`` are headers, by the name of the design, that stand in for those that are written;
    ``more`` are flags of g++.
    """

    def __init__(self, folder: Path, designs, texts=None, more=("-O0",)) -> None:
        self.ports = {design.name: ports(alone(design), None) for design in designs}
        lines = []
        for design in designs:
            text = (texts or {}).get(design.name) or catalogue.header(design)
            (folder / f"{design.name}_golden.hpp").write_text(text, encoding="utf-8")
            lines.insert(0, f'#include "{design.name}_golden.hpp"')
            lines.append(self._shim(design.name))
        source = folder / "models.cpp"
        source.write_text("\n".join(lines), encoding="utf-8")
        subprocess.run(["g++", *FLAGS, *more, source, "-o", folder / "models.so"], check=True)
        self._library = ctypes.CDLL(str(folder / "models.so"))

    def _shim(self, name):
        *inputs, result = self.ports[name]
        lines, count = [], 0
        for number, port in enumerate(inputs):
            lines.append(f"    given.{port.name}.beats = beats[{number}];")
            for member, kind in _members(port):
                lines.append(
                    f"    given.{port.name}.{member} = static_cast<const {kind} *>(data[{count}]);"
                )
                count += 1
        for number, (member, kind) in enumerate(_members(result)):
            lines.append(f"    result.{member} = static_cast<{kind} *>(results[{number}]);")
        return _SHIM.format(name=name, lines="\n".join(lines))

    def answer(self, name, sent):
        """Arrays of all fields of the beats of results, and the marks; or what is wrong."""
        *inputs, result = self.ports[name]
        given = [array for port in inputs for array in _arrays(port, sent[port.name])]
        beats = [len(sent[port.name]) for port in inputs]
        counted = self._called(name, beats, given, [None] * (len(result.arrays) + result.last))
        if isinstance(counted, str):
            return counted
        made = [np.zeros((counted, own.count), _dtype(own.type)) for own in result.arrays]
        made += [np.zeros(counted, np.uint8)] * result.last
        assert self._called(name, beats, given, made) == counted
        return made

    def _called(self, name, beats, given, made):
        call = getattr(self._library, name)
        call.restype = ctypes.c_char_p
        count = ctypes.c_size_t()
        said = call(
            (ctypes.c_size_t * len(beats))(*beats), _pointers(given), _pointers(made),
            ctypes.byref(count),
        )  # fmt: skip
        return said.decode() if said is not None else count.value


def _members(port):
    return [(own.name, own.type) for own in port.arrays] + [("last", "std::uint8_t")] * port.last


def _dtype(kind):
    return np.dtype(kind.removeprefix("std::").removesuffix("_t"))


def _codes(values, bits):
    """Values, which may be negative, as codes."""
    if values.dtype.kind == "u":
        return values
    return (values.astype(np.int64) & ((1 << bits) - 1) if bits < 64 else values).astype(np.uint64)


def _arrays(port, beats):
    found = [
        np.ascontiguousarray(_codes(values, own.bits).astype(_dtype(own.type)))
        for own, values in zip(port.arrays, beats.values, strict=True)
    ]
    return found + [np.ascontiguousarray(beats.last, np.uint8)] * port.last


def _pointers(arrays):
    return (ctypes.c_void_p * len(arrays))(
        *(None if array is None or not array.size else array.ctypes.data for array in arrays)
    )


def same(found, port, answer):
    """Whether C++'s beats are golden's, bit for bit."""
    if isinstance(found, str):
        return False
    wanted = _arrays(port, answer)
    return len(found) == len(wanted) and all(map(np.array_equal, found, wanted))


def short(sent, rng):
    """Beats of which some at the ends of streams have not come."""
    found = {}
    for name, beats in sent.items():
        count = int(rng.integers(0, len(beats) + 1))
        values = tuple(array[:count] for array in beats.values)
        found[name] = Beats(values, beats.flags, beats.last[:count])
    return found


def alone_in(text, name):
    """The text of a header whose library is its own: of libraries that are alike only the first is
    read, and a fault in another one is not seen."""
    return re.sub("(?i)(macsmith_golden_)(?=[0-9a-f]{8})", rf"\1{name}_", text)

"""Black boxes for Vitis HLS under test: function and Verilog, with golden's vectors."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import jinja2
from macsmith.tools.verilator import use_verilator

HEADERS = Path(__file__).parent / "hls_headers"

#: Warnings are errors, as a user's build may have them.
FLAGS = ("-std=c++17", "-O1", "-Wall", "-Wextra", "-Werror", "-fno-exceptions")


class Box:
    """What an output folder has of a black box.

    Parameters
    ----------
    folder : with ``hls``, and with the vectors of the design's own test bench in ``tb``.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        self.name, self.cells = manifest["name"], sorted((folder / "tb").glob("*.v"))
        self.cells = [path for path in self.cells if path.stem != f"{self.name}_tb"]
        self.module = f"{self.name}_hls"
        self.json = json.loads((folder / "hls" / f"{self.module}.json").read_text("ascii"))
        header = (folder / "hls" / f"{self.module}.hpp").read_text("ascii")
        found = re.findall(r"hls::stream<ap_uint<(\d+)>> &(\w+)_stream", header)
        self.widths = {name: int(width) for width, name in found}

    def vectors(self, name: str) -> list[int]:
        """The words of a stream, for all reductions of the bench: as its FIFO has them."""
        lines = (self.folder / "tb" / f"{name}.hex").read_text("ascii").split()
        return [int(line, 16) & ((1 << self.widths[name]) - 1) for line in lines]

    @property
    def results(self) -> str:
        return next(
            p["c_name"] for p in self.json["c_parameters"] if p["c_port_direction"] == "out"
        )[: -len("_stream")]

    @property
    def inputs(self) -> list[str]:
        return [name for name in self.widths if name != self.results]

    @property
    def calls(self) -> int:
        """Reductions in the vectors."""
        top = self.widths["activation"] - 1
        return sum(word >> top for word in self.vectors("activation"))


class Repeated(Box):
    """A box whose vectors are those of one reduction, some times over.

    Parameters
    ----------
    number : of the reduction.
    times : how often.
    """

    def __init__(self, folder: Path, number: int, times: int):
        super().__init__(folder)
        self.number, self.times = number, times

    @property
    def lengths(self) -> list[int]:
        """Steps of each reduction of the bench."""
        top = self.widths["activation"] - 1
        ends = [i for i, word in enumerate(super().vectors("activation"), 1) if word >> top]
        return [end - begin for begin, end in zip([0, *ends], ends, strict=False)]

    def vectors(self, name: str) -> list[int]:
        every, lengths = super().vectors(name), self.lengths
        whole, steps = len(every), sum(lengths)
        if whole == steps:  # a beat a step
            first, count = sum(lengths[: self.number]), lengths[self.number]
        elif whole % len(lengths) == 0 and name not in ("scale",):  # so many a reduction
            count = whole // len(lengths)
            first = self.number * count
        else:  # a beat a group
            first = sum(lengths[: self.number]) * whole // steps
            count = lengths[self.number] * whole // steps
        return every[first : first + count] * self.times


def words_of(box: Box, folder: Path) -> None:
    """The vectors, a hexadecimal word a line, into ``folder``."""
    for name, width in box.widths.items():
        digits = -(-width // 4)
        lines = [f"{word:0{digits}x}" for word in box.vectors(name)]
        (folder / f"{name}.hex").write_text("\n".join(lines) + "\n", encoding="ascii")


MAIN = """
#include "{module}.hpp"
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

template <int Width>
ap_uint<Width> word(const std::string &line) {{
    ap_uint<Width> made;
    for (int i = 0; i < int(line.size()); ++i) {{
        int low = 4 * (int(line.size()) - 1 - i), high = low + 3 < Width ? low + 3 : Width - 1;
        made.range(high, low) = std::strtoull(line.substr(i, 1).c_str(), nullptr, 16);
    }}
    return made;
}}

template <int Width>
void fill(hls::stream<ap_uint<Width>> &stream, const char *name) {{
    std::ifstream file(name);
    for (std::string line; file >> line;) stream.write(word<Width>(line));
}}

int main() {{
{declared}
    hls::stream<ap_uint<{width}>> {result}, wanted;
    fill(wanted, "{result}.hex");
    int wrong = 0, compared = 0;
    for (int call = 0; call < {calls}; ++call) {{
        {module}({arguments});
        while (!{result}.empty()) {{
            const ap_uint<{width}> found = {result}.read(), want = wanted.read();
            ++compared;
            bool same = true;
            for (int i = 0; i < {width}; ++i)
                same &= found.range(i, i).to_uint64() == want.range(i, i).to_uint64();
            wrong += !same;
        }}
    }}
    bool over = wanted.empty();
{emptied}
    std::printf("%d of %d wrong%s\\n", wrong, compared, over ? "" : ", words are left");
}}
"""


def run_function(box: Box, folder: Path, change=lambda text: text) -> str:
    """What the C++ function makes of golden's inputs, called once a reduction."""
    words_of(box, folder)
    (folder / "hls").mkdir(exist_ok=True)
    (folder / "model").mkdir(exist_ok=True)
    for path in (*box.folder.glob("hls/*.?pp"), *box.folder.glob("model/*.hpp")):
        text = change(path.read_text("ascii"))
        (folder / path.relative_to(box.folder)).write_text(text, encoding="ascii")
    declared = [
        f'    hls::stream<ap_uint<{box.widths[name]}>> {name};\n    fill({name}, "{name}.hex");'
        for name in box.inputs
    ]
    text = MAIN.format(
        module=box.module,
        declared="\n".join(declared),
        width=box.widths[box.results],
        result=box.results,
        calls=box.calls,
        arguments=", ".join(box.widths),
        emptied="\n".join(f"    over &= {name}.empty();" for name in box.inputs),
    )
    (folder / "main.cpp").write_text(text, encoding="ascii")
    sources = ["main.cpp", f"hls/{box.module}.cpp"]
    subprocess.run(
        ["g++", *FLAGS, "-I", "hls", "-isystem", HEADERS, *sources, "-o", "main"],
        cwd=folder,
        check=True,
    )
    done = subprocess.run([folder / "main"], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stderr == "", done.stderr
    return done.stdout.strip()


def bench(box: Box, *, free: bool) -> str:
    """A bench in Verilog: ``free`` without pauses, else all at random."""
    template = (Path(__file__).parent / "hls_bench.v.j2").read_text("ascii")
    fills = [
        {"name": name, "width": box.widths[name], "count": len(box.vectors(name))}
        for name in box.inputs
    ]
    return jinja2.Template(template, undefined=jinja2.StrictUndefined).render(
        module=box.module,
        calls=box.calls,
        count=len(box.vectors(box.results)),
        free=int(free),
        width=box.widths[box.results],
        result=box.results,
        fills=fills,
    )


def run_verilog(
    box: Box, folder: Path, *, free=False, change=lambda text: text, icarus=False
) -> str:
    """What the bench prints of the black box, in Verilator or in Icarus Verilog."""
    words_of(box, folder)
    (folder / "bench.v").write_text(bench(box, free=free), encoding="ascii")
    files = []
    for name in box.json["rtl_files"]:
        text = (box.folder / "hls" / name).read_text("ascii")
        (folder / name).write_text(change(text), encoding="ascii")
        files.append(name)
    if icarus:
        words = ["iverilog", "-g2012", "-s", "bench", "-o", "bench.vvp", "bench.v"]
        subprocess.run([*words, *files, *box.cells], cwd=folder, check=True)
        command = ["vvp", "-n", "bench.vvp"]
    else:
        use_verilator()
        made_by = "CFG_CXXFLAGS_STD=-std=gnu++20 CFG_CXXFLAGS_PCH_I=-include "
        made_by += "CFG_LDLIBS_THREADS=-pthread OPT_FAST=-O0 OPT_GLOBAL=-O0"
        words = ["verilator", "--binary", "--timing", "-Wno-fatal", "-Wno-lint", "-Wno-style"]
        words += ["--top-module", "bench", "-MAKEFLAGS", made_by, "bench.v"]
        subprocess.run([*words, *files, *box.cells], cwd=folder, check=True, capture_output=True)
        command = ["obj_dir/Vbench"]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=True, timeout=300
    )
    return done.stdout

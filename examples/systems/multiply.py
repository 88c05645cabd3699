"""A matrix through a small system, simulated by Verilator, and through the golden model.

    python examples/systems/multiply.py amaranth

builds an engine with DMAs and a memory, and runs a program on its bus that multiplies 16 x 256
weights (INT4, groups of 128 with zero points) with two vectors. The system is amaranth_top.py or
litex_soc.py; the program is program.cpp for both.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from macsmith.tools.verilator import require, verilator_bin

from macsmith import Options, design, generate, matmul, quantize
from macsmith.driver import Packets

HERE = Path(__file__).parent
SYSTEMS = ("amaranth", "litex")

#: Rows of the weight, elements of K, vectors.
N, K, M = 16, 256, 2

#: Bytes of memory; where packets and results lie in it.
MEMORY_BYTES = 1 << 16
WEIGHT, ACTIVATION, RESULT = 0x0000, 0x8000, 0xC000

_CPP = "// Addresses of {name}'s registers and packets.\n#pragma once\n#include <cstdint>\n\n"


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("system", choices=SYSTEMS)
    parser.add_argument("--output", type=Path, default=None, help="default out/system_NAME")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--wrong", action="store_true", help="spoil a weight in memory: must fail")
    asked = parser.parse_args(words)
    folder = asked.output or Path("out") / f"system_{asked.system}"
    wanted, found, said = multiplied(asked.system, folder, asked.seed, wrong=asked.wrong)
    print(said, end="")
    different = int((wanted != found).sum())
    if different:
        print(f"FAIL: {different} of {wanted.size} results differ from the golden model")
        return 4
    print(f"PASS: {wanted.size} results of {N} x {K} times {K} x {M} equal the golden model's")
    return 0


def multiplied(
    system: str, folder: Path, seed: int, *, wrong: bool = False
) -> tuple[np.ndarray, np.ndarray, str]:
    """The golden model's results, those of the simulated system, and what the program said."""
    top = __import__("amaranth_top" if system == "amaranth" else "litex_soc")
    options = Options(rows=4, cols=1, lanes=4, k_max=K, axis_width=top.WIDTH, interleave=True,
                      name="engine")  # fmt: skip
    engine = design("w4a8", options)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    made = generate(engine, folder / "engine", tiles=1).folder

    # Matrices, and what the golden model makes of them.
    rng = np.random.default_rng(seed)
    arithmetic = engine.arithmetic
    weight = quantize(rng.normal(size=(N, K)), arithmetic.weight)
    activation = quantize(rng.normal(size=(M, K)), arithmetic.activation)
    wanted = matmul(engine, weight, activation).values.astype(np.uint32)

    # The same as packets in files, as the program wants them.
    packets = Packets(made / "manifest.json")
    given = {"weight": arrays(weight), "activation": arrays(activation)}
    down, across, _ = packets.blocks(given)
    image = np.concatenate([packets.packet("weight", given, row, 0) for row in range(down)])
    if wrong:
        image[-1] ^= 1
    vectors = [packets.packet("activation", given, 0, col) for col in range(across)]
    step = -(-len(vectors[0]) // 8) * 8
    (folder / "weight.bin").write_bytes(image.tobytes())
    (folder / "activation.bin").write_bytes(
        b"".join(vector.tobytes().ljust(step, b"\0") for vector in vectors)
    )
    numbers = {
        "MEMORY": top.MEMORY, "DMA_BASE": getattr(top, "DMA_BASE", 0),
        "WEIGHT": WEIGHT, "ACTIVATION": ACTIVATION, "RESULT": RESULT,
        "WEIGHT_BYTES": len(image), "ACTIVATION_BYTES": len(vectors[0]), "ACTIVATION_STEP": step,
        "RESULT_BYTES": packets.result_bytes, "RESULT_STEP": -(-packets.result_bytes // 8) * 8,
        "DOWN": down, "ACROSS": across,
    }  # fmt: skip
    (folder / "system.v").write_text(
        top.text("engine", MEMORY_BYTES * 8 // top.WIDTH), encoding="utf-8"
    )
    (folder / "addresses.h").write_text(header(numbers, top.addresses()), encoding="utf-8")
    said = simulated(folder, [made / "rtl/engine.v", made / "rtl/engine_core.v"])

    data = (folder / "result.bin").read_bytes()
    size = numbers["RESULT_STEP"]
    parts = [packets.results(data[at : at + size]) for at in range(0, len(data), size)]
    whole = np.array(parts).reshape(across, down * packets.rows, packets.cols)
    found = whole.transpose(1, 0, 2).reshape(down * packets.rows, -1)[:N, :M]
    return wanted, np.ascontiguousarray(found).view(np.uint32), said


def arrays(given) -> dict[str, np.ndarray]:
    """Codes and scales as the driver takes them."""
    return {name: np.asarray(array) for name, array in {**given.codes, **given.scales}.items()}


def header(numbers: dict[str, int], registers: dict[str, dict[str, int]]) -> str:
    """addresses.h."""
    lines = [f"constexpr uint32_t {name} = {value:#x};" for name, value in numbers.items()]
    lines += ["", "struct Registers {", "    uint32_t base, length, enable, done;", "};"]
    for name, places in registers.items():
        order = ", ".join(f"{places[what]:#x}" for what in ("base", "length", "enable", "done"))
        lines.append(f"constexpr Registers {name} = {{{order}}};")
    return _CPP.format(name="the system") + "\n".join(lines) + "\n"


def simulated(folder: Path, sources: list[Path]) -> str:
    """Build the system and the program with Verilator, run them, and give what they say."""
    require("make", "g++", "perl", "ar")
    programs = verilator_bin()
    environment = {**os.environ, "VERILATOR_ROOT": str(programs.parent)}
    build = folder / "build"
    steps = [
        [programs / "verilator_bin", "--cc", "--exe", "--top-module", "system", "-Wno-fatal",
         "-Wno-lint", "-O3", "--Mdir", build, "-CFLAGS", f"-I{folder.absolute()}",
         folder / "system.v", *sources, (HERE / "program.cpp").absolute()],
        ["make", "-s", "-C", build, "-f", "Vsystem.mk", "Vsystem"],
        [build / "Vsystem", folder],
    ]  # fmt: skip
    for step in steps:
        done = subprocess.run(
            [str(word) for word in step], capture_output=True, encoding="utf-8", env=environment
        )
        if done.returncode:
            sys.exit(f"{Path(step[0]).name} failed:\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())

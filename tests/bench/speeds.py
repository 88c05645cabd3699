"""Prints how fast the golden model and the simulators are: ``make bench``. Judges nothing."""

import subprocess
import sys
import time

import numpy as np
from macsmith.golden import storage
from macsmith.hw.text import kept
from macsmith.hw.text.emit import emit
from macsmith.sim.matmul import engine_matmul
from macsmith.sim.streams import Simulator

from macsmith import (
    ROW,
    Arithmetic,
    Build,
    Engine,
    Level,
    Operand,
    Options,
    Output,
    Plane,
    Stage,
    design,
    group,
    lookup,
    matmul,
    quantize,
    raw,
    simulate,
)
from macsmith.commands.common import table
from macsmith.machines import ready

RNG = np.random.default_rng(0)


def best(action, runs=3, clock=time.perf_counter):
    """The least of a few times, in seconds by ``clock``."""
    times = []
    for _ in range(runs):
        begun = clock()
        action()
        times.append(clock() - begun)
    return min(times)


def starts():
    """From the call of a command to its end, in milliseconds."""
    rows = []
    for words in ("--version", "--help", "verify --help", "explain w4a8"):
        command = [sys.executable, "-P", "-m", "macsmith", *words.split()]
        seconds = best(lambda c=command: subprocess.run(c, check=True, capture_output=True))
        rows.append([words, f"{seconds * 1000:.0f}"])
    return table(rows, ["macsmith", "ms"])


def formats():
    """Decode and encode, in millions of elements a second."""
    values = RNG.normal(size=4_000_000)
    rows = []
    for name in ("int4", "int8", "ternary", "binary", "e2m1", "e3m2", "e4m3", "e5m2", "e8m0"):
        fmt = lookup(name)
        source = np.abs(values) if name == "e8m0" else values
        codes = fmt.encode(source)
        times = best(lambda f=fmt, s=source: f.encode(s)), best(lambda f=fmt, c=codes: f.decode(c))
        rows.append([name, *(f"{len(values) / t / 1e6:.0f}" for t in times)])
    return table(rows, ["format", "encode M/s", "decode M/s"])


def files():
    """Codes and scales of a 4096 × 4096 matrix from the bytes of a file, and back to them."""
    rows, shape = [], (4096, 4096)
    for name in ("q8_0", "q4_1", "q4_k", "q6_k", "gptq4_g128", "awq4_g128"):
        size = storage.lookup(name).size(shape)
        data = RNG.integers(0, 256, size, np.uint8)
        held = storage.unpack(name, data, shape)
        read = best(lambda n=name, d=data: storage.unpack(n, d, shape))
        written = best(lambda n=name, h=held: storage.pack(n, h))
        rows.append([name, f"{size / read / 1e6:.0f}", f"{size / written / 1e6:.0f}"])
    return table(rows, ["stored as", "unpack MB/s", "pack MB/s"])


def products():
    """A 4096 × 4096 matrix-vector product of INT4 in groups of 128 by INT8, in seconds."""
    weight = Operand((Plane(lookup("int4"), (Level(lookup("fp16"), group(128)),)),))
    activation = Operand((Plane(lookup("int8"), (Level(lookup("fp32"), ROW),)),))
    w = quantize(RNG.normal(size=(4096, 4096)), weight)
    a = quantize(RNG.normal(size=(1, 4096)), activation)
    rows = []
    rules = {"exact": (Stage(),), "fp32": (Stage(), Stage("fp", format=lookup("fp32"), partials=8))}
    for name, stages in rules.items():
        arithmetic = Arithmetic(
            weight, activation, accumulate=stages, output=Output(lookup("fp32"))
        )
        engine = Engine("bench", (arithmetic,), Build())
        rows.append([name, f"{best(lambda e=engine: matmul(e, w, a)):.3f}"])
    return table(rows, ["accumulation", "4096 × 4096 GEMV, s"])


#: Rows × K of a layer's matrices in SmolLM2-135M, of which there are 30, and of its embedding.
LAYER = ((576, 576), (192, 576), (192, 576), (576, 576), (1536, 576), (1536, 576), (576, 1536))
LAYERS, EMBEDDING = 30, (49152, 576)
PRESETS = (
    *("gguf_q4_1", "gguf_q8_0", "gguf_q4_0", "gguf_q4_k", "w4a8", "w4a16", "nvfp4", "nvint4"),
    *("mxfp4", "mxfp8_e4m3", "mxfp8_e5m2", "bitnet", "int8xint8", "w8a8"),
)


def tokens():
    """The golden model: every product of a token of SmolLM2-135M, in seconds of one core, and its
    widest layer's by 512 vectors, in millions of products a second of one core."""
    rows = []
    for name in PRESETS:
        engine = design(name)
        sides = engine.arithmetic.weight, engine.arithmetic.activation

        def drawn(shape, vectors, sides=sides):
            shapes = shape, (vectors, shape[1])
            return [
                quantize(RNG.normal(size=s), side) for s, side in zip(shapes, sides, strict=True)
            ]

        layer, last = [drawn(shape, 1) for shape in LAYER], drawn(EMBEDDING, 1)
        times = [best(lambda e=engine, p=p: matmul(e, *p), 2, time.process_time) for p in layer]
        token = LAYERS * sum(times) + best(
            lambda e=engine, p=last: matmul(e, *p), 2, time.process_time
        )
        many = drawn(LAYER[4], 512)
        seconds = best(lambda e=engine, p=many: matmul(e, *p), 2, time.process_time)
        count = 512 * LAYER[4][0] * LAYER[4][1]
        rows.append([name, f"{token:.2f}", f"{count / seconds / 1e6:.0f}"])
    return table(rows, ["golden", "a token, s", "512 vectors, M MAC/s"])


def simulation():
    """Products a second through the compiled RTL."""
    rows = []
    for shape in ((4, 4, 4), (16, 16, 4)):
        engine = Engine("bench", (raw("int8", "int8"),), Build(*shape))
        machine = Simulator(emit(engine))
        w = RNG.integers(0, 256, (256, 1024)).astype(np.uint8)
        a = RNG.integers(0, 256, (64, 1024)).astype(np.uint8)
        seconds = best(lambda e=engine, m=machine, w=w, a=a: engine_matmul(e, w, a, simulator=m), 1)
        rows.append([" × ".join(map(str, shape)), f"{w.size * 64 / seconds / 1e6:.0f}"])
    return table(rows, ["int8xint8 array", "simulated M MAC/s"])


def copies():
    """A matrix of SmolLM2-135M's widest layer through the RTL of ``gguf_q4_1``, by one copy of the
    engine and by hundreds in step, in millions of products a second of all cores; and the seconds
    that the simulators take to build."""
    rows = []
    for shape, vectors in (((16, 1, 4), 1), ((4, 4, 4), 16)):
        sizes = dict(zip(("rows", "cols", "lanes"), shape, strict=True))
        engine = design("gguf_q4_1", Options(**sizes))
        sides = engine.arithmetic.weight, engine.arithmetic.activation
        shapes = LAYER[4], (vectors, LAYER[4][1])
        w, a = (quantize(RNG.normal(size=s), side) for s, side in zip(shapes, sides, strict=True))
        for many in (False, True):
            begun = time.perf_counter()
            next(ready(engine, many))
            built = time.perf_counter() - begun
            seconds = best(lambda e=engine, w=w, a=a, m=many: simulate(e, w, a, copies=m), 2)
            rate = vectors * LAYER[4][0] * LAYER[4][1] / seconds / 1e6
            rows.append([" × ".join(map(str, shape)), str(vectors), "hundreds" if many else "one",
                         f"{built:.0f}", f"{rate:.1f}"])  # fmt: skip
    return table(rows, ["gguf_q4_1 array", "vectors", "copies", "build, s", "simulated M MAC/s"])


def emission():
    """From a description to RTLIL with DSP blocks and leaves, in seconds: nothing is kept."""
    rows = []
    kept.KEEPING = False
    for name, shape in (
        *((name, (4, 4, 4)) for name in ("w4a8", "nvfp4", "gguf_q4_1")),
        ("gguf_q4_1", (16, 1, 32)),
    ):
        engine = design(name, Options(**dict(zip(("rows", "cols", "lanes"), shape, strict=True))))
        seconds = best(lambda e=engine: emit(e).fabric)
        rows.append([name, " × ".join(map(str, shape)), f"{seconds:.2f}"])
    kept.KEEPING = True
    return table(rows, ["emitted", "shape", "s"])


#: A product by simulation: of a process that has imported all, in seconds.
SIMULATED = """
import time
import numpy as np
from macsmith import design, simulate
engine, codes = design("{}"), np.zeros((4, 64), np.uint8)
begun = time.perf_counter()
simulate(engine, codes, codes)
print(time.perf_counter() - begun)
"""


def simulated_again():
    """The first product of a process by RTL that another process compiled, in seconds."""
    rows = []
    for name in ("int8xint8", "e4m3xe4m3"):
        command = [sys.executable, "-P", "-c", SIMULATED.format(name)]

        def run(words=command):
            return float(subprocess.run(words, check=True, capture_output=True).stdout)

        run()  # compiles what was not kept yet
        rows.append([name, f"{min(run() for _ in range(3)):.2f}"])
    return table(rows, ["simulated again", "s"])


if __name__ == "__main__":
    for part in (
        *(starts, formats, files, products, tokens, emission),
        *(simulation, copies, simulated_again),
    ):
        print(part(), end="\n\n")

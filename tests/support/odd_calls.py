"""Command lines that no sensible user writes, made from a seed, with the files that they name."""

import os
import random
from dataclasses import fields
from pathlib import Path

import numpy as np

from macsmith import Options, design, to_toml

DESIGNS = """int2xint2 ternaryxint4 e2m1xint8 int4xint8 int8xint8 w4a8 nvfp4 mxfp4 simd posit8_0 nf4
bitmod3 e4m3xe4m3 bf16xint4 fp16 int3 e4m3 gguf_q4_k bitplane nm_sparse lmul""".split()

#: Words that some option takes, so that right values meet wrong options.
WORDS = """fp32 fp64 e8m0 ue4m3 int32 int48 raw exact aligned native axis auto multiply booth dsp
lut wrap saturate zero error nearest_even broadcast systolic_os weight_stationary bit_serial
inferred carry4 dsp48e2 xcup u280 icebreaker ulx3s-85 2:4 1:1 4:2 0:0 apart joined nonzero all
added saved overpacked formats boards presets""".split()

#: Words that no option takes.
ODD = """x - -- . .. / * % int0xint8 int999xint8 int-4xint8 INT4xINT8 int4\u00d7int8 e99m99xint8
e0m0 int e4m3fn_ wire 1a \u00e9 \U0001f98a \u202e ' " $HOME `id` {} {name} %s None nan""".split()

NAMES = [*DESIGNS, *WORDS, *ODD, "", " ", "a b", "a\nb", "a\tb", "\x1b[31m", "a" * 300]

NUMBERS = """0 1 2 3 4 7 8 16 64 100 128 4096 65536 -1 -4 1000000 2147483648 99999999999999999999
-99999999999999999999 1e3 1.5 nan inf -inf 0x10 0b11 1_000 007 + - 1,2 -6,6 6,-6 nan,nan inf,inf 1,
,1 1,2,3 1e999,2 \u0663 \uff19 two""".split() + ["", " ", " 3", "1" * 5000, "-0"]  # fmt: skip

#: What may stand in TOML in the place of a value.
VALUES = [
    "0", "-1", "3", "99999999999999999999", "1.5", "nan", "-inf", "1e308", "true", "[]", "{}", '""',
    '"int4"', '"fp32"', '"row"', '"group 0"', '"group 99999999999"', '"block 0x0"', "[[]]", "[{}]",
    "1979-05-27", '"\\u0000"', '"\u00e9"', "[" * 3000 + "]" * 3000, "'''a\nb'''", '"e4m3"',
    "[1, 2]",
    "{ file = 'table.npy' }", "{ file = '../table.npy', fraction = 99 }", "{ family = 'integer' }",
    "{ family = 'minifloat', name = 'f', exponent = 99, mantissa = 99 }", '"2:4"',
]  # fmt: skip


def command(seed: int, folder: Path) -> list[str]:
    """The words of one call; the files that it names are made in ``folder``, the current one."""
    chance = random.Random(seed)
    make = chance.choice((_explain, _explain, _explain, _generate, _generate, _work, _list, _cost))
    words = make(chance, folder)
    if chance.random() < 0.1:
        words.insert(chance.randrange(len(words) + 1), chance.choice(NAMES))
    if chance.random() < 0.1:
        words.append(chance.choice(["--json", "--help", "--version", "--", "--bogus", "-o", "-"]))
    return [word.replace("\0", "0") for word in words]


def _explain(chance, folder):
    return ["explain", _design(chance, folder), *_options(chance)]


def _generate(chance, folder):
    words = ["generate", _design(chance, folder), *_options(chance)]
    if chance.random() < 0.5:
        words = ["generate", "int2xint2", "--rows", "1", "--cols", "1", "--lanes", "1"]
    words += ["-o", _place(chance, folder)]
    if chance.random() < 0.3:
        words += ["--clock", chance.choice(NUMBERS)]
    if chance.random() < 0.3:
        words += ["--board", chance.choice(NAMES)]
    return words + ["--force"] * (chance.random() < 0.5)


def _work(chance, folder):
    words = [chance.choice(("verify", "synth")), _design(chance, folder), *_options(chance)]
    flags = {"verify": ("--seed", "--tiles"), "synth": ("--board", "-o")}[words[0]]
    flag = chance.choice(flags)
    words += [flag, _place(chance, folder) if flag == "-o" else chance.choice([*NUMBERS, *NAMES])]
    extra = {"verify": ["--mapped", "--json"], "synth": ["--no-verify", "--edif", "--force"]}[
        words[0]
    ]
    return words + chance.sample(extra, chance.randrange(len(extra)))


def _list(chance, folder):
    return ["list", chance.choice([*NAMES, "formats", "boards", "roundings"])]


def _cost(chance, folder):
    names = [_place(chance, folder) for _ in range(chance.randint(0, 2))]
    (folder / "mac.v").write_bytes(_cut(chance, b"module mac(input a, output b); endmodule\n"))
    flags = [["--top", chance.choice(NAMES)], ["--macs", chance.choice(NUMBERS)]]
    flags += [["--policy", chance.choice(NAMES)], ["--board", chance.choice(NAMES)]]
    chosen = chance.sample(flags, chance.randrange(3))
    return ["cost", "mac.v", *names, *[word for words in chosen for word in words]]


def _options(chance):
    """Options of a design with values of their kind, and others."""
    words = []
    for field in chance.sample(fields(Options), chance.choice((0, 0, 1, 1, 2, 3, 6))):
        words.append(f"--{field.name.replace('_', '-')}")
        kind = NUMBERS if "int" in str(field.type) or "float" in str(field.type) else NAMES
        if field.name != "relu":
            words.append(chance.choice(kind if chance.random() < 0.8 else [*NAMES, *NUMBERS]))
    return words


def _design(chance, folder):
    kind = chance.random()
    if kind < 0.35:
        return chance.choice(DESIGNS)
    if kind < 0.5:
        return chance.choice(NAMES)
    name = chance.choice(("odd.toml", "odd.toml", "odd.toml", "odd.npy"))
    path = folder / name
    if kind < 0.57:
        return _odd_file(chance, path)
    path.write_bytes(_toml(chance) if name == "odd.toml" else _table(chance, path))
    return chance.choice((name, f"./{name}", str(path), f"../{folder.name}/{name}"))


def _odd_file(chance, path):
    """A name with the right ending of what is no such file."""
    make = {
        "loop": lambda: path.symlink_to(path.name),
        "pipe": lambda: os.mkfifo(path),
        "folder": path.mkdir,
        "device": lambda: path.symlink_to("/dev/zero"),
        "null": lambda: path.symlink_to("/dev/null"),
        "locked": lambda: (path.write_text(""), path.chmod(0)),
        "missing": lambda: None,
        "below a file": lambda: path.write_text(""),
    }
    kind = chance.choice(list(make))
    make[kind]()
    return f"{path.name}/x{path.suffix}" if kind == "below a file" else path.name


def _toml(chance):
    """A design file with some lines wrong."""
    lines = to_toml(design(chance.choice(DESIGNS))).splitlines()
    for _ in range(chance.choice((1, 1, 2, 4))):
        place = chance.randrange(len(lines))
        change = chance.randrange(6)
        if change == 0:
            del lines[place : place + 1]
        elif change == 1:
            lines.insert(place, chance.choice(lines))
        elif change == 2:
            lines.insert(
                place, f"{chance.choice(['name', 'odd', 'a.b', 'rows'])} = {chance.choice(VALUES)}"
            )
        elif "=" in lines[place]:
            lines[place] = lines[place].partition("=")[0] + "= " + chance.choice(VALUES)
        lines = lines or [""]
    text = "\n".join(lines).encode()
    return _cut(chance, text) if chance.random() < 0.2 else text


def _cut(chance, text):
    """Cut, or with some bytes changed."""
    if chance.random() < 0.5:
        return text[: chance.randrange(len(text) + 1)]
    start = chance.randrange(len(text) + 1)
    return text[:start] + chance.randbytes(chance.randrange(20)) + text[start:]


def _table(chance, path):
    """A .npy file of a table, or of what is none."""
    arrays = [
        np.arange(16.0), np.arange(4), np.zeros((0,)), np.float64(3), np.ones((2, 2, 2)),
        np.array([np.nan, 1]), np.array([np.inf, 1]), np.array([1e300, 1]), np.array([1j, 2]),
        np.array(["a", "b"]), np.array([True, False]), np.array([2**64 - 1, 0], np.uint64),
        np.zeros(2, [("a", "f4")]), np.ones(5000), np.array([0.1, 0.2]), np.ones(1),
        np.ones((3, 8)),
    ]  # fmt: skip
    np.save(path, chance.choice(arrays))
    text = path.read_bytes()
    if chance.random() < 0.2:
        huge = str(chance.choice((10**6, 10**13, 10**30, -1)))
        text = text.replace(b"'shape': (", f"'shape': ({huge}, ".encode())
    return _cut(chance, text) if chance.random() < 0.3 else text


def _place(chance, folder):
    """Where output may not go, and where it may."""
    (folder / "mine").mkdir(exist_ok=True)
    (folder / "mine" / "notes.txt").write_text("mine")
    (folder / "file").write_text("mine")
    if chance.random() < 0.1:
        (folder / "mine" / "manifest.json").write_text(
            chance.choice(["{}", '{"files": ["../file"]}'])
        )
    loop, pipe = folder / "loop", folder / "pipe"
    if not loop.is_symlink():
        loop.symlink_to("loop")
        os.mkfifo(pipe)
    return chance.choice([
        *("new", "a/b/c", "new/", "mine", "mine/..", ".", "..", "", "file", "file/x", "loop"),
        *("loop/x", "pipe", "pipe/x", "/dev/null", "/dev/full/x", "/proc/x", "~", "~/x"),
        *("n" * 300, "d/" * 2500, "a\nb", "sp ace", "\u00e9", "-", "--", "$HOME/x", "~no-user/x"),
        str(folder / "absolute"),
    ])  # fmt: skip

"""What a message advises builds, or it says that nothing does: no two lead to each other."""

import random
import re
from dataclasses import fields

import pytest
from macsmith.golden.errors import DesignError
from macsmith.hw.catalogue import hardware

from macsmith import Options, cli, design
from macsmith.remedies import remedied

NAMES = (
    "int8xint8", "uint4xbf16", "bf16xint4", "int4xint8", "e2m1xe2m1", "e4m3xe4m3", "posit8_0xint8",
    "binary6p3sfxbinary4p2ue", "ternaryxint8", "nf4xbf16", "fp16xfp16", "e6m1xe6m1", "int16xint16",
    "w4a8", "nvfp4", "mxfp4", "simd", "bitserial", "nm_sparse", "gguf_q4_k",
)  # fmt: skip
CHOICES = {
    "rows": (1, 3, 8), "cols": (1, 2), "lanes": (1, 3, 8, 16), "k_max": (64, 100),
    "group": (16, 32, 30), "scale": ("fp16", "e8m0", "int8", "binary8p1uf", "bf16"),
    "zero_point": ("uint4", "int8"), "activation_group": (16, 64),
    "activation_scale": ("fp32", "e8m0"), "accumulate": ("exact", "aligned", "int12", "fp32"),
    "partials": (2, 8), "overflow": ("saturate", "wrap"), "fraction": (13, 25),
    "accumulator": ("bf16",), "initial": ("int32", "int8"),
    "output": ("raw", "fp32", "int8", "bf16", "e2m1"), "bias": ("fp32", "bf16", "int8"),
    "relu": (True,), "nan": ("zero",), "product": ("lmul", "overpacked"), "sparse": ("2:4", "1:3"),
    "datapath": ("booth", "bit_serial", "dsp", "multiply", "table", "dsp_adders"),
    "flow": ("systolic_os", "weight_stationary"), "policy": ("dsp",), "carries": ("saved",),
    "results": (2, 3), "k_min": (64, 5000), "digits": ("nonzero",), "digit_sums": ("apart",),
    "blocks": ("dsp48e1", "sb_mac16", "inferred"), "block_worth": (1, 100),
}  # fmt: skip
#: What users met, one after the other, before advice was tried.
CIRCLES = (
    ("uint4xbf16", {"group": 32, "scale": "bf16", "zero_point": "uint4", "output": "bf16"}),
    ("binary6p3sfxbinary4p2ue", {"group": 16, "scale": "binary8p1uf"}),
    ("binary6p3sfxbinary4p2ue", {"group": 16, "scale": "binary8p1uf", "partials": 2}),
)


def drawn(seed):
    """A design's name, and one to four options of all."""
    chance = random.Random(seed)
    names = chance.sample(sorted(CHOICES), chance.randint(1, 4))
    return chance.choice(NAMES), {name: chance.choice(CHOICES[name]) for name in names}


def words(options):
    """Options as they are typed."""
    typed = []
    for name, value in options.items():
        option = f"--{name.replace('_', '-')}"
        typed += [option] if value is True else [option, str(value)]
    return typed


def refusal(name, options, capsys):
    """What the command line says of a design that it refuses; None if it takes it."""
    code = cli.main(["explain", name, *words(options)])
    _, err = capsys.readouterr()
    assert code in (0, 2), err
    return err.strip().rpartition("macsmith: ")[2] if code else None


def ways(message):
    """What a reader does who follows a message: option -> value, None to leave it out."""
    if "; nothing builds this (" in message:
        return []  # what stands behind are reasons
    told = message.rpartition(": ")[2]
    found = []
    for way in re.split(r", or ", told):
        if way.startswith("leave out "):
            found.append(dict.fromkeys(re.findall(r"--([a-z-]+)", way)))
            continue
        if not way.removeprefix("choose ").startswith("--"):
            continue  # no option helps
        if " or " in way:
            option, values = way.removeprefix("choose ").split(" ", 1)
            found += [{option[2:]: value} for value in re.split(r", | or ", values)]
        else:
            given, _, left = way.partition(" without ")
            chosen = dict(re.findall(r"--([a-z-]+)(?: ([^\s-]\S*))?", given))
            found.append(chosen | dict.fromkeys(re.findall(r"--([a-z-]+)", left)))
    return [{name.replace("-", "_"): value for name, value in way.items()} for way in found]


def follow(name, options, capsys):
    """Every message's first way, until a design builds or none is told; the messages, in order."""
    kinds, met = {field.name: field.type for field in fields(Options)}, []
    while (message := refusal(name, options, capsys)) is not None:
        assert message not in met, met
        met.append(message)
        if not (found := ways(message)):
            return met
        for option, value in found[0].items():
            if value is None:
                options.pop(option)
            else:
                options[option] = True if "bool" in str(kinds[option]) else value
    return met


@pytest.mark.cases(3)
@pytest.mark.parametrize("circle", range(len(CIRCLES)))
def test_known_circles_are_left(circle, capsys):
    name, options = CIRCLES[circle]
    assert len(follow(name, dict(options), capsys)) <= 1


@pytest.mark.cases(1)
@pytest.mark.parametrize("start", range(0, 300, 20))
def test_advice_builds(start, capsys):
    """One message is enough: what it names builds, or it names no option."""
    for seed in range(start, start + 20):
        name, options = drawn(seed)
        assert len(follow(name, dict(options), capsys)) <= 1, (seed, name, options)


def test_enough_is_refused(capsys):
    """Else the test above would meet no message."""
    told = [bool(follow(*drawn(seed), capsys)) for seed in range(20)]
    assert 5 < sum(told) < 20


def test_advice_that_leads_nowhere_is_not_given():
    """Of two ways the one that builds is told, and where none does, why."""
    options = Options(rows=3)

    def build(found):
        if found.lanes != 2:
            raise DesignError("rows differ", {"lanes": 4}, {"lanes": 2, "partials": None})

    told = remedied(build, options, DesignError("rows", {"cols": 2}))
    assert (str(told), told.advice) == (
        "rows: choose --cols 2 --lanes 2",
        ({"cols": 2, "lanes": 2},),
    )

    def never(found):
        raise DesignError("columns are even", {"cols": 3}, {"cols": 2})

    told = remedied(never, options, DesignError("columns are odd", {"cols": 2}))
    assert (str(told), told.advice) == (
        "columns are odd; nothing builds this (--cols 2: columns are even)", ()
    )  # fmt: skip


def test_what_is_told_of_a_design_without_options_is_kept():
    error = DesignError("a bias", otherwise="write a TOML file")
    assert remedied(lambda options: hardware(design("w4a8", options)), Options(), error) is error

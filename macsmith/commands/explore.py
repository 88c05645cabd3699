"""Explore every format over a budget: what loses least for its cost."""

from __future__ import annotations

import argparse
from pathlib import Path

from .. import boards
from ..arguments.foreseeing import JUDGED
from ..golden.description.build import POLICIES
from ..golden.errors import DesignError, UnknownName
from ..studies.exploring.digits import digits
from ..studies.exploring.explore import Found, Space, explore
from ..studies.exploring.judges import Judge
from ..studies.exploring.page import page
from ..studies.exploring.space import ACTIVATIONS, LEAST, MOST, SCHEMES
from ..studies.exploring.tables import as_csv, notes, tables, title, to_dict
from ..studies.exploring.text import perplexity_of
from ..studies.given import given
from ..studies.prediction.foresee import load
from ..tools.progress import Told
from ..tools.whole import write
from .common import check_file, following, need_cache, paragraph, print_json, progress, table

#: Options that write a file, with the endings that its name has.
_FILES = {"html": (".html", ".htm"), "csv": (".csv",)}


def run(arguments: argparse.Namespace) -> int:
    space = _space(arguments)
    for name, endings in _FILES.items():
        if (path := getattr(arguments, name)) is not None:
            check_file(f"--{name}", path, endings[0], also=endings[1:])
    if arguments.text is not None and arguments.model is None:
        raise DesignError(f"a language model foresees {arguments.text}: name its file with --model")
    own = given(arguments.data, arguments.model, arguments.matrix, arguments.seed)
    if arguments.perplexity is not None and arguments.text is None:
        raise DesignError("--perplexity is that of a text: name it with --text")
    if arguments.synth:
        need_cache()
    with following(arguments.synth) as told:
        judges = [digits(), *_foreseeing(arguments, told)]
        found = explore(space, own=own, judges=judges, syntheses=arguments.synth, progress=told)
    for name, text in {"html": page, "csv": as_csv}.items():
        if (path := getattr(arguments, name)) is not None:
            _put(path, text(found))
    if arguments.json:
        print_json(to_dict(found))
    else:
        _print(found)
    return 0


def _space(arguments: argparse.Namespace) -> Space:
    if arguments.policy not in POLICIES:
        raise UnknownName("policy", arguments.policy, POLICIES)
    bits = tuple(arguments.bits or range(LEAST, MOST + 1))
    if not all(LEAST <= many <= MOST for many in bits):
        raise DesignError(f"--bits are {LEAST} to {MOST}, got {', '.join(map(str, bits))}")
    return Space(
        boards.lookup(arguments.board),
        macs=arguments.macs,
        k=arguments.k,
        policy=arguments.policy,
        bits=bits,
        activations=tuple(arguments.activation or ACTIVATIONS),
        schemes=tuple(arguments.scheme or SCHEMES),
        budget=arguments.budget,
        dsp_sites=arguments.dsp_sites,
        seed=arguments.seed,
    )


def _foreseeing(arguments: argparse.Namespace, told: Told) -> list[Judge]:
    """The model that foresees a text, if there is one."""
    if arguments.text is None:
        return []
    told(f"{arguments.model.name} foresees {arguments.text.name} in FP32")
    designs = arguments.perplexity or JUDGED
    return [perplexity_of(arguments.model, arguments.text, arguments.tokens, designs)]


def _put(path: Path, text: str) -> None:
    write(path, text.encode())
    progress(f"wrote {path}")


def _print(found: Found) -> None:
    print(paragraph(title(found), "bold"), end="\n\n")
    for caption, header, rows in tables(found):
        print(paragraph(caption, "bold"))
        print(table(rows, header), end="\n\n")
    for line in notes(found):
        print(paragraph(line))
    print(paragraph(load().note, "dim"))

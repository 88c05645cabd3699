"""Engines of IEEE P3109's formats: as elements, scales and results."""

import pytest
from macsmith.hw.text.emit import emit
from macsmith.sim import runner
from macsmith.sim.verify import check, stimuli

from macsmith import Options, design, from_toml, to_toml

SHAPE = {"rows": 2, "cols": 2, "lanes": 2}
FP32 = {"accumulate": "fp32", "partials": 2}
ENGINES = [
    ("binary8p3sexint8", {}),
    (
        "binary6p3sfxbinary4p2ue",
        {"scale": "binary8p1uf", "group": 16, "output": "binary8p4se", **FP32},
    ),
    ("binary5p1sexbinary3p2uf", {"activation_scale": "binary8p3ue", "output": "binary8p3sf"}),
]


@pytest.mark.cases(0)
def test_every_use_of_a_format_agrees_with_the_golden_model():
    engines = [design(name, Options(name=f"p3109_{i}", **SHAPE, **more))
               for i, (name, more) in enumerate(ENGINES)]  # fmt: skip
    jobs = [runner.job(emitted, stimuli(emitted, 60, 1)) for emitted in map(emit, engines)]
    for job, found in zip(jobs, runner.run(jobs, 1), strict=True):
        check(job, found, 1)


@pytest.mark.parametrize("name, more", ENGINES)
def test_a_design_is_read_back(name, more):
    engine = design(name, Options(**SHAPE, **more))
    assert from_toml(to_toml(engine)) == engine

"""A datapath, a flow or an interface is known once it is registered, wherever it comes from."""

import json

import pytest
from macsmith.golden.description.build import ADDERS, BLOCKS, DATAPATHS, FLOWS
from macsmith.golden.errors import DesignError
from macsmith.hw.datapaths import KINDS, Multiply, choose
from macsmith.hw.engine.planner import plan

from macsmith import Build, Options, design, lookup, verify
from macsmith.cli import main


class Mine(Multiply):
    """Of one's own: it serves a single pair."""

    name = "mine"
    scope = "INT3 × INT5 alone"

    @classmethod
    def serves(cls, weight, activation):
        return (weight.name, activation.name) == ("int3", "int5")


@pytest.fixture
def mine():
    DATAPATHS.register("mine", Mine)
    yield
    del DATAPATHS.things["mine"]


def test_a_datapath_from_outside_is_built_and_proven(mine):
    engine = design("int3xint5", Options(datapath="mine", rows=1, cols=1, lanes=2))
    planned = plan(engine)
    assert type(planned.dot(planned.sums[0].pairs[0])) is Mine
    assert verify(engine, count=5).results > 50


def test_the_command_line_and_messages_know_it(mine, capsys):
    assert main(["list", "datapaths", "--json"]) == 0
    found = {row["name"]: row["serves"] for row in json.loads(capsys.readouterr().out)}
    assert found["mine"] == "INT3 × INT5 alone"
    with pytest.raises(
        DesignError, match="mine does not serve int4 × int8: choose --datapath auto,"
    ):
        choose("mine", lookup("int4"), lookup("int8"))


def test_it_is_unknown_before_and_after(mine):
    del DATAPATHS.things["mine"]
    with pytest.raises(DesignError, match="unknown datapath 'mine'"):
        Build(datapath="mine")
    DATAPATHS.register("mine", Mine)
    assert Build(datapath="mine").datapath == "mine"


def test_names_are_those_of_what_is_there():
    assert tuple(DATAPATHS) == ("auto", *KINDS) and "booth" in DATAPATHS
    assert tuple(FLOWS) == ("broadcast", "systolic_os", "weight_stationary")
    assert tuple(ADDERS) == ("inferred", "carry4", "carry8")
    assert tuple(BLOCKS)[0] == "auto" and tuple(BLOCKS)[-1] == "inferred"

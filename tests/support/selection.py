"""Which tests ``make test`` runs: a few cases of each; the others come in ``.ci/run``.

A test with many cases is as good a newcomer's proof with one or two, which are evenly spaced.
``@pytest.mark.cases(n)`` says how many where the usual number is not right: 0 for what takes long,
``"all"`` where each case is a part of its own, such as a datapath. ``pytest.mark.brief`` on single
cases chooses these.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

#: Cases of a test in the brief part, unless it says otherwise, by the folder of tests: what builds
#: simulators takes its time.
USUAL = {"hw": 1, "sim": 1, "boards": 1}
OTHERS = 2


def brief(items: Sequence) -> set[str]:
    """Node ids of the brief part; slow tests have none."""
    groups = defaultdict(list)
    for item in items:
        if item.get_closest_marker("slow") is None:
            groups[item.nodeid.partition("[")[0]].append(item)
    return {item.nodeid for group in groups.values() for item in _chosen(group)}


def _chosen(group: list) -> list:
    told = [mark.args[0] for item in group if (mark := item.get_closest_marker("cases"))]
    if named := [item for item in group if item.get_closest_marker("brief")]:
        return named
    folder = group[0].nodeid.split("/")[1]
    wanted = told[0] if told else USUAL.get(folder, OTHERS)
    count = len(group) if wanted == "all" else min(wanted, len(group))
    if count < 2:
        return group[:count]
    return [group[index * (len(group) - 1) // (count - 1)] for index in range(count)]

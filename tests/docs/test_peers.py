"""MACs that others published: each has one of ours beside it, and the page says whose it is."""

import tomllib
from pathlib import Path

import pytest
import routing
from pages import SITE

PEERS = tomllib.loads((SITE.parent / "peers.toml").read_text(encoding="utf-8"))["peers"]


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer["top"])
def test_the_page_has_name_source_licence_and_commit(peer):
    [*lines] = (SITE / "routing.md").read_text(encoding="utf-8").splitlines()
    [line] = [line for line in lines if line.startswith(f"| `{peer['top']}` |")]
    for said in (peer["source"], peer["licence"], peer["commit"][:7]):
        assert said in line
    assert any(line.startswith(f"| {peer['what']} | ") for line in lines)


def test_one_of_ours_of_the_same_shape_stands_beside_each():
    found = routing.peers(Path("clones"))
    theirs, ours = found[::2], found[1::2]
    assert len(theirs) == len(ours) == 2 * len(PEERS) and routing.peers(None) == []
    for one, other in zip(theirs, ours, strict=True):
        assert isinstance(one, routing.Peer) and isinstance(other, routing.Line)
        assert (one.shape, one.policy) == (other.shape, other.policy)
        assert all(path.parts[0] == "clones" for path in one.files)

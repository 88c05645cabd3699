"""A site with a dead link, or with something that it loads from elsewhere, is found out."""

from pathlib import Path
from runpy import run_path

import pytest

FAULTS = run_path(str(Path(__file__).parent.parent.parent / "docs" / "links.py"))["faults"]
GOOD = '<h1 id="top">a</h1><a href="b/c.html#deep">b</a><a href="#top">c</a>'
OUTSIDE = '<a href="https://example.org/x">elsewhere</a><img src="data:image/png;base64,AA">'


@pytest.fixture
def site(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "index.html").write_text(GOOD + OUTSIDE, encoding="utf-8")
    (tmp_path / "b" / "c.html").write_text('<p id="deep"><a href="../">up</a>', encoding="utf-8")
    return tmp_path


def test_a_whole_site_has_no_faults(site):
    assert FAULTS(site) == []


@pytest.mark.parametrize(
    "text, why",
    [
        ('<a href="gone.html">x</a>', "gone.html leads nowhere"),
        ('<a href="b/c.html#shallow">x</a>', "no such anchor"),
        ('<a href="#bottom">x</a>', "no such anchor"),
        ('<img src="gone.svg">', "gone.svg leads nowhere"),
        ('<script src="https://example.org/x.js"></script>', "loads https://example.org/x.js"),
        ('<link href="//example.org/x.css">', "loads //example.org/x.css"),
    ],
)
def test_what_is_wrong_is_named(site, text, why):
    (site / "index.html").write_text(GOOD + text, encoding="utf-8")
    [fault] = FAULTS(site)
    assert why in fault and fault.startswith("index.html")


def test_an_empty_site_is_wrong(tmp_path):
    assert len(FAULTS(tmp_path)) == 1

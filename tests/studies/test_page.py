"""The page of a comparison: well-formed, whole without a network, the same figures as JSON."""

import json
import re
from html.parser import HTMLParser

import browser
import pytest
from macsmith.studies import tables
from macsmith.studies.page import page, sheets

VOID = {"meta", "link", "input", "br"}


class Reader(HTMLParser):
    """What a page holds; fails where a tag is not closed in turn."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.links, self.tables, self.texts, self.ids = [], [], [], [], []
        self.scripts = {}

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.links += [v for k, v in found.items() if k in ("src", "href", "action", "data")]
        self.ids += [found["id"]] if "id" in found else []
        assert not any(name.startswith("on") for name in found), found
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append({"value": found.get("data-value"), "text": "", "made": None})
        elif tag == "button" and self.open[-1] == "td":
            self.tables[-1][-1][-1]["made"] = found["title"]
        if tag not in VOID:
            self.open.append(tag)
            self.kind = found.get("type", "")

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.scripts[self.kind] = data
        elif self.open[-2:-1] in (["td"], ["th"]) or self.open[-1:] in (["td"], ["th"]):
            self.tables[-1][-1][-1]["text"] += data.strip()
        self.texts.append(data)


@pytest.fixture(scope="module")
def html(found):
    return page(found)


@pytest.fixture(scope="module")
def read(html):
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


def test_nothing_is_loaded_from_anywhere(html, read):
    assert [link for link in read.links if not link.startswith("data:")] == []
    assert "url(" not in html and "@import" not in html and "default-src 'none'" in html
    assert len(set(read.ids)) == len(read.ids)


def test_the_tables_have_the_figures_of_json(found, read):
    rows = tables.to_dict(found)["designs"]
    costs, moved, lost, _ = read.tables
    keys = ["design", "policy", *tables.FIRST, "front"]
    for line, row in zip(costs[1:], rows, strict=True):
        for cell, key in zip(line, keys, strict=True):
            assert cell["value"] == ("" if row[key] is None else str(row[key]))
            named = key in ("design", "policy", "front")
            assert cell["made"] == (None if named else row["commands"]["cost"])
    once = {row["design"]: row for row in reversed(rows)}
    decibels = [key for key in rows[0] if key.startswith("sqnr_")]
    for sheet, keys in ((moved, ["design", *tables.SECOND]), (lost, ["design", *decibels])):
        for line, name in zip(sheet[1:], found.asked.names, strict=True):
            row = once[name]
            assert [cell["value"] for cell in line] == [str(row[key]) for key in keys]
            assert {cell["made"] for cell in line} == {None, row["commands"]["design"]}
    assert json.loads(read.scripts["application/json"]) == json.loads(
        json.dumps(tables.to_dict(found))
    )


def test_every_number_has_a_command_and_all_commands_are_listed(found, read):
    text = "".join(read.texts)
    for sheet in sheets(found):
        for row in sheet.rows:
            for cell in row:
                assert isinstance(cell.value, str | None) or cell.command in text


def test_warnings_and_fronts_stand_before_the_figures(found, read):
    text = "".join(read.texts)
    for line in found.warnings:
        assert line in text
    assert text.index(found.warnings[0]) < text.index("What each costs")
    for told in tables.front_lines(found).values():
        assert told in text


def test_names_are_text_and_nothing_else(found, monkeypatch):
    """A board's title and a design's name come from files of users."""
    wicked = "</script><script>alert(1)</script>"
    board = type(found.asked.board)(**{**vars(found.asked.board), "title": wicked})
    text = page(type(found)(type(found.asked)(**{**vars(found.asked), "board": board}),
                            found.entries, found.data))  # fmt: skip
    assert wicked not in text and "&lt;/script&gt;" in text


def test_charts_have_a_mark_for_every_design(html):
    [first, *_] = re.findall(r'<div class="pane chart">(.*?)</div>', html, re.S)
    for name in ("mxfp4", "int8xint8", "w4a8", "bitserial"):
        assert first.count(f"<title>{name}, policy ") == 2
        assert html.count(f"<title>{name}, lut: ") == 3  # array, scale path, blocks


@pytest.mark.skipif(browser.installed() is None, reason="no Chromium: apt-get install chromium")
def test_it_works_in_a_browser_without_a_network(html, tmp_path):
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    with browser.opened(tmp_path / "page.html", tmp_path) as shown:
        assert shown.value("performance.getEntriesByType('resource').length") == 0
        column = "[...document.querySelector('tbody').rows].map(r => r.cells[2].dataset.value)"
        for backwards in (False, True):
            shown.value("document.querySelectorAll('table')[0].tHead.rows[0].cells[2]"
                        ".firstElementChild.click()")  # fmt: skip
            costs = list(map(float, shown.value(column)))
            assert costs == sorted(costs, reverse=backwards) and len(costs) == 8
        # A number shows its command.
        shown.value("document.querySelector('td button').click()")
        told = "document.querySelector('#command output').textContent"
        assert shown.value(told).startswith("macsmith synth ")
        # Charts are drawn, one pane of data at a time.
        sizes = (
            "[...document.querySelectorAll('.chart svg')].map(s => s.getBoundingClientRect().width)"
        )
        first, second, *others = shown.value(sizes)
        assert first > 400 and second == 0 and min(others) > 300
        shown.value("document.getElementById('data2').click()")
        first, second, *_ = shown.value(sizes)
        assert first == 0 and second > 400
        # Both themes, and no page wider than the window.
        paper = "getComputedStyle(document.body).backgroundColor"
        seen = {}
        for scheme in ("light", "dark"):
            shown.prefer(scheme)
            ink = "getComputedStyle(document.querySelector('.chart .ink')).fill"
            seen[scheme] = shown.value(paper), shown.value(ink)
        assert seen["light"][0] != seen["dark"][0] and seen["light"][1] != seen["dark"][1]
        wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        assert shown.value(wide)
        assert shown.said == []
        assert [u for u in shown.asked_for if not u.startswith(("file:", "data:", "about:"))] == []

"""Rooflines of published systems: the page has what the data say, and the bound is the memory's."""

import re

import pytest
from published import BEGIN, END, PAGE, PICTURE, picture, systems, table


@pytest.fixture(scope="module")
def found():
    return systems()


def test_the_page_and_its_picture_are_written_from_the_data(found):
    written = PAGE.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0].strip()
    assert written == table(found)
    assert PICTURE.read_text(encoding="utf-8") == picture(found)


def test_a_llama_of_seven_billion_on_a_kv260(found):
    """By hand: 19.2 GB/s over 6.6e9 weights of 4 bits with an FP16 scale for each 128, and keys and
    values of 512 positions in 8 bits."""
    blocks = 32 * (4 * 4096 * 4096 + 3 * 4096 * 11008)
    weights = blocks + 32000 * 4096
    traffic = weights * (4 + 16 / 128) / 8 + 512 * 2 * 32 * 4096
    assert found[0].bound == pytest.approx(19.2e9 / traffic, rel=0.01)  # activations are little
    assert found[0].limit == "memory" and 0.9 < found[0].share < 1


def test_nobody_is_faster_than_memory(found):
    assert all(item.share < 1 for item in found)
    assert all(re.search(r"arXiv \d{4}\.\d{5}", item.source) for item in found)

"""Pictures of designs: all streams and stages are there, text fits, and files are whole."""

import re
import sys
from pathlib import Path
from runpy import run_path
from xml.etree import ElementTree

import pytest
from macsmith.golden.errors import DesignError
from macsmith.golden.formats import names

from macsmith import Options, design, explain
from macsmith.cli import main
from macsmith.drawing import draw, png
from macsmith.drawing.svg import Canvas, width_of, wrapped

ROOT = Path(__file__).parent.parent.parent
ROTATED = str(ROOT / "examples" / "rotated.toml")
DESIGNS = (
    *("w4a8", "nvfp4", "gguf_q4_k", "ifairy", "deepseek_fp8", "matquant", "nm_sparse", "simd"),
    *("int8xint8", "bf16xint4:aligned", "anywidth", "hadamard", ROTATED),
)


def built(name):
    name, _, rule = name.partition(":")
    options = Options(accumulate=rule, fraction=24) if rule else Options()
    return explain(design(name, options))


def shapes(svg, tag):
    root = ElementTree.fromstring(svg)
    return root, root.findall(f"{{http://www.w3.org/2000/svg}}{tag}")


@pytest.mark.parametrize("name", DESIGNS, ids=lambda name: Path(name).stem)
def test_a_picture_shows_all_streams_and_stages(name):
    hardware = built(name)
    svg = draw(hardware)
    root, texts = shapes(svg, "text")
    shown = [text.text for text in texts]
    whole = " ".join(shown)
    assert hardware.name in shown
    for stream in hardware.streams:
        assert stream.name in shown
        assert f"{stream.payload_bits} bits per beat" in whole
    for piece in hardware.pieces:
        for row in piece.hardware.rows:
            assert row.stream or row.stage in shown
    assert f"latency {hardware.latency} cycles" in whole
    # Text stays on the panel.
    width, height = (float(root.get(side)) for side in ("width", "height"))
    for text in texts:
        room = width_of(text.text, float(text.get("font-size")), text.get("font-weight"))
        start = float(text.get("x")) - (room if text.get("text-anchor") == "end" else 0)
        assert 0 <= start and start + room <= width, text.text
        assert 0 < float(text.get("y")) < height
    assert re.search("prefers-color-scheme: dark", svg)
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")


def test_every_stage_takes_stages_that_there_are():
    for name in DESIGNS:
        for piece in built(name).pieces:
            met = set()
            for row in piece.hardware.rows:
                assert row.takes is None or met.issuperset(row.takes), row
                met.add(row.stage)


def test_stages_beside_each_other_are_not_joined():
    """The two sums of w4a8 meet in its term: 3 arrows from above in each, one from the side."""
    rows = {row.stage: row for row in built("w4a8").rows}
    assert rows["product 1"].takes == ()
    assert rows["term"].takes == ("group sum 0", "group sum 1")
    assert rows["result"].takes == ("accumulator",)


def test_text_that_does_not_fit_is_an_error():
    canvas = Canvas(100, 100, "small")
    with pytest.raises(ValueError, match="needs .*, there are 20"):
        canvas.text(0, 10, "a long line of text", room=20)
    assert width_of("MM", 10, bold=True) > width_of("MM", 10) > width_of("ii", 10)
    lines = wrapped(" ".join(names()), 11, 120, 4)
    assert len(lines) == 4 and all(width_of(line, 11) <= 120 for line in lines)
    assert lines[-1].endswith("…")


def test_explain_writes_a_picture(tmp_path, capsys):
    file = tmp_path / "ä picture.svg"
    file.write_text("old", encoding="utf-8")
    assert main(["explain", "int4xint8", "--svg", str(file)]) == 0
    told = capsys.readouterr()
    assert "accumulator" in told.out and "ä picture.svg" in told.err
    assert file.read_text(encoding="utf-8") == draw(built("int4xint8"))
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


@pytest.mark.parametrize(
    "name, why",
    [("a.toml", "ends in .svg"), ("no/a.svg", "no folder"), ("here.svg", "a plain file")],
)
def test_a_file_that_cannot_be_one_is_refused(name, why, tmp_path, capsys):
    (tmp_path / "here.svg").mkdir()
    assert main(["explain", "int4xint8", "--svg", str(tmp_path / name)]) == DesignError.exit_code
    assert why in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["here.svg"]


def test_pictures_of_the_site_are_those_of_the_designs():
    pictures = run_path(str(ROOT / "docs" / "pictures.py"))
    for name, made in pictures["PICTURES"].items():
        file = pictures["FOLDER"] / name
        assert file.read_text(encoding="utf-8") == made(), "run docs/pictures.py"


def test_a_picture_of_pixels_has_twice_as_many_each_way(tmp_path, capsys):
    """PNG's header: eight bytes, then the chunk IHDR with width and height."""
    file = tmp_path / "engine.png"
    assert main(["explain", "int4xint8", "--svg", str(file)]) == 0
    head, size = file.read_bytes()[:8], draw(built("int4xint8")).split("viewBox=")[1]
    width, height = (float(text) for text in size.split('"')[1].split()[2:])
    assert head == b"\x89PNG\r\n\x1a\n"
    found = [int.from_bytes(file.read_bytes()[at : at + 4], "big") for at in (16, 20)]
    assert found == pytest.approx([2 * width, 2 * height], abs=1)


@pytest.mark.parametrize("lacks", ["resvg", "a font"])
def test_what_pixels_need_is_named_before_any_work(lacks, tmp_path, monkeypatch, capsys):
    png.check_png.cache_clear()
    if lacks == "resvg":
        monkeypatch.setitem(sys.modules, "resvg_py", None)
    else:
        monkeypatch.setattr(png, "_drawn", lambda svg: b"the same without letters")
    file = tmp_path / "engine.png"
    assert main(["explain", "int4xint8", "--svg", str(file)]) == DesignError.exit_code
    assert lacks in capsys.readouterr().err and not file.exists()
    png.check_png.cache_clear()

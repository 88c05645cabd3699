"""``generate --cpp``: the golden model in C++ beside the engine."""

import json
import subprocess

from macsmith.cli import main


def test_the_folder_has_a_model_that_compiles(tmp_path, capsys):
    folder = tmp_path / "engine"
    words = ["w4a8", "--rows", "1", "--cols", "1", "--lanes", "4", "-o", str(folder)]
    assert main(["generate", *words, "--cpp"]) == 0
    names = {f"model/w4a8_1x1x4_{end}" for end in ("golden.hpp", "dpi.cpp", "dpi.svh")}
    assert names <= set(json.loads((folder / "manifest.json").read_text("utf-8"))["files"])
    assert all((folder / name).read_bytes().isascii() for name in names)
    wrapper = (folder / "model" / "w4a8_1x1x4_dpi.svh").read_text("ascii")
    assert "function void weight_beat(bit [15:0] data);" in wrapper
    assert "model/w4a8_1x1x4_golden.hpp" in (folder / "README.md").read_text("utf-8")
    source = tmp_path / "main.cpp"
    source.write_text('#include "w4a8_1x1x4_golden.hpp"\nint main() {}\n', encoding="utf-8")
    flags = ("-std=c++17", "-Wall", "-Wextra", "-Werror", "-fsyntax-only")
    subprocess.run(["g++", *flags, "-I", folder / "model", source], check=True)

    # Without the option it goes again.
    assert main(["generate", *words, "--force"]) == 0
    assert not (folder / "model").exists()
    assert "model/" not in (folder / "README.md").read_text("utf-8")


def test_what_has_no_model_is_refused_before_any_work(tmp_path, capsys):
    folder = tmp_path / "unit"
    assert main(["generate", "rmsnorm", "--cpp", "-o", str(folder)]) == 2
    told = capsys.readouterr()
    assert not told.out and not folder.exists()
    assert told.err == (
        "macsmith: the C++ model is of engines, of units of the kinds product, dequantize, "
        "requantize, quantize, residual, and of chains of them, and rmsnorm is a unit of the kind "
        "rmsnorm: leave --cpp out\n"
    )


def test_the_folder_of_a_unit_has_one_too(tmp_path, capsys):
    folder = tmp_path / "unit"
    assert main(["generate", "residual_bf16", "--cpp", "-o", str(folder)]) == 0
    names = {f"model/residual_bf16_{end}" for end in ("golden.hpp", "dpi.cpp", "dpi.svh")}
    assert names <= set(json.loads((folder / "manifest.json").read_text("utf-8"))["files"])
    wrapper = (folder / "model" / "residual_bf16_dpi.svh").read_text("ascii")
    assert "function void values_beat(bit [15:0] data, bit last);" in wrapper
    assert "result_beat(int beat, output bit [15:0] data, output bit last);" in wrapper
    assert "model/residual_bf16_golden.hpp" in (folder / "README.md").read_text("utf-8")

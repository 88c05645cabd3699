"""Parts of a chain are found by name, whatever the modules inside them are called."""

import pytest
from macsmith.golden.description.serialize import to_toml
from macsmith.hw.text.emit import emit

from macsmith import design


def module(text, name):
    """A module of RTLIL, as it stands."""
    start = text.index(f"module \\{name}\n")
    return text[start : text.index("\nend\n", start)]


@pytest.mark.parametrize("name", ["product", "path", "pe", "unit"])
def test_a_part_called_as_a_module_inside_it_is_the_part(name, tmp_path):
    """A product within each PE took the name of an engine called so, and was costed for it."""
    text = to_toml(design("w4a16_aligned")).replace('name = "product"', f'name = "{name}"')
    text = text.replace('shaped = "product"', f'shaped = "{name}"')
    (tmp_path / "named.toml").write_text(text, encoding="utf-8")
    emitted = emit(design(str(tmp_path / "named.toml")))
    [found] = [part for part, what in emitted.parts.items() if what == name]
    for port in ("weight__payload", "scale__payload", "result__payload"):
        assert f"\\{port}" in module(emitted.fabric, found), port

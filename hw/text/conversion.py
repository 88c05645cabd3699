"""From a component to RTLIL, with what occurs many times converted once."""

from __future__ import annotations

from amaranth.back import rtlil
from amaranth.hdl import Fragment
from amaranth.lib import wiring

from ..arith.shared import once, owned
from .verilog.comments import Elaborated, marked


def converted(component: wiring.Component) -> tuple[str, list[object]]:
    """RTLIL of a component and of all that it has instances of; the module ``top`` first.

    Modules are marked with the components that they are, in the list: :mod:`.verilog.comments`.
    """
    components: list[object] = []
    with once() as found:
        texts, done = [_converted(component, "top", components)], 0
        while done < len(found):
            name, part, owner = list(found.values())[done]
            with owned(owner):
                text = _converted(part, name, components)
            texts.append(text.replace("attribute \\top 1\n", ""))
            done += 1
    return "".join(texts), components


def _converted(component: wiring.Component, name: str, components: list[object]) -> str:
    fragment = Fragment.get(component, None)
    text = rtlil.convert(Elaborated(component, fragment), name=name, emit_src=False)
    return marked(text, fragment, name, components)

"""Docstrings as this project writes them: sections of ``name : what it is``, lines of text each."""

import re

from sphinx.application import Sphinx
from sphinx.util.nodes import make_refnode

SECTIONS = ("Parameters", "Attributes", "Members", "Raises", "Returns")
ENTRY = re.compile(r"(\S.*?) : (.*)")
#: A type alone, as what a parameter is.
TYPE = re.compile(r":class:`[^`]+`(, :class:`[^`]+`)*|``[^`]+``")


def entries(lines: list[str]) -> list[str]:
    """The lines of a section as a definition list; the role of a type stands beside its name."""
    found: list[str] = []
    begun = ""
    for line in lines:
        line, begun = begun + line, ""
        match = ENTRY.fullmatch(line)
        if line.startswith(" ") or not line.strip():
            found.append(f"    {line.strip()}" if line.strip() else "")
            continue
        if match is None and line.endswith(","):  # more names than a line holds
            begun = line + " "
            continue
        if match is None:
            found.append(line)
            continue
        names = ", ".join(f"``{name}``" for name in match[1].split(", "))
        if TYPE.fullmatch(match[2]):
            found += [f"{names} ({match[2]})"]
        else:
            found += [names, f"    {match[2]}"]
    return found


def process(lines: list[str]) -> list[str]:
    """A docstring as reStructuredText."""
    found: list[str] = []
    section: list[str] | None = None
    number = 0
    while number < len(lines):
        line = lines[number]
        under = lines[number + 1] if number + 1 < len(lines) else ""
        if line in SECTIONS and set(under) == {"-"}:
            found += ["", *entries(section or []), "", f".. rubric:: {line}", ""]
            section, number = [], number + 2
            continue
        if section is not None and line and not line.startswith(" "):
            after = section and not section[-1].strip()
            if after and ENTRY.fullmatch(line) is None:  # the text goes on behind the section
                found += [*entries(section), ""]
                section = None
        if section is None:
            found.append(line)
        else:
            section.append(line)
        number += 1
    return [*found, *(["", *entries(section)] if section else []), ""]


def on_docstring(app, what, name, item, options, lines: list[str]) -> None:
    lines[:] = process([re.sub(r":py:`([^`]*)`", r"``\1``", line) for line in lines])


def on_signature(app, what, name, item, options, signature: str | None, returned: str | None):
    """Types without their modules, and no factories of defaults."""
    if signature is None:
        return None
    return re.sub(r"~[\w.]*\.(\w+)", r"\1", signature).replace("<factory>", "..."), returned


def on_missing(app: Sphinx, env, node, content):
    """A name without its module, as docstrings have it, if only one thing is called so."""
    if node.get("refdomain") != "py":
        return None
    domain = env.get_domain("py")
    parts = node["reftarget"].lstrip("~.").split(".")
    for many in (2, 1):
        end = "." + ".".join(parts[-many:])
        found = [name for name in domain.objects if f".{name}".endswith(end)]
        if len(found) == 1:
            entry = domain.objects[found[0]]
            page = node.get("refdoc", env.docname)
            return make_refnode(app.builder, page, entry.docname, entry.node_id, content, found[0])
    return None


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("autodoc-process-signature", on_signature)
    app.connect("missing-reference", on_missing)
    app.connect("autodoc-process-docstring", on_docstring)
    return {"parallel_read_safe": True}

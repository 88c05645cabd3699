"""How the site is built: ``make docs``. Nothing is fetched; tables come from the package itself."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

from macsmith import __version__  # noqa: E402

project = "macsmith"
release = version = __version__
copyright = "the macsmith authors"  # noqa: A001
language = "en"
smartquotes = False  # options begin with two dashes

extensions = ["myst_parser", "sphinx.ext.autodoc", "docstrings", "listings"]
exclude_patterns = ["_ext", "_static"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "macsmith"
pygments_dark_style = "github-dark"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_show_copyright = False
html_theme_options = {"navigation_with_keys": True}

autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
toc_object_entries_show_parents = "hide"
# Names of other packages, and of types that are not described here.
nitpick_ignore_regex = [
    ("py:.*", r"(numpy|np|npt|amaranth|wiring|data|stream|pathlib|fractions|enum|abc)(\..*)?"),
    ("py:.*", r"(collections\.abc|typing|argparse)\..*"),
    ("py:class", r"Path|Literal\['lut'|Mapping\[str|Arcs|Array|Module|Value"),
    ("py:class", r"_\w+|ndarray|Emitted|Told|Chosen|(.*\.)?Lack"),
    ("py:class", r"(.*\.)?(D|T|Fits|Rest|Map|Vivado|Routed|Registers|Widths|Estimate|Demand)"),
    ("py:.*", r"(.*\.)?(SLICES|FAMILIES)"),
    ("py:.*", r"macsmith\.(tools|pairs|boards\.(sites|levels)|hw\.datapaths\.forms|hw\.text)\..*"),
]

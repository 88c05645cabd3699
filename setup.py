"""What pyproject.toml cannot say: an editable install is found before a folder called macsmith.

Where the working folder holds the clone, Python would take the clone itself for the package, as a
namespace without names: finders of editable installs are asked last.
"""

import csv
import io
import zipfile
from pathlib import Path

from setuptools import setup
from setuptools.command.editable_wheel import editable_wheel

_FILE = "macsmith_first.pth"
_LINE = (
    "import sys; sys.meta_path.sort("
    "key=lambda finder: not getattr(finder, '__module__', '').startswith('__editable___macsmith_'))"
)


class EditableFirst(editable_wheel):
    """An editable wheel with one more file."""

    def run(self) -> None:
        super().run()
        for wheel in Path(self.dist_dir).glob("macsmith-*.whl"):
            _add(wheel)


def _add(wheel: Path) -> None:
    """Rewrite ``wheel`` with the file, and its name in the list of files."""
    with zipfile.ZipFile(wheel) as old:
        contents = {name: old.read(name) for name in old.namelist()}
    record = next(name for name in contents if name.endswith(".dist-info/RECORD"))
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([_FILE, "", ""])
    contents = {_FILE: _LINE.encode(), **contents}
    contents[record] += line.getvalue().encode()
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in contents.items():
            new.writestr(name, data)


setup(cmdclass={"editable_wheel": EditableFirst})

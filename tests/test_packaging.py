"""The package lists what is on the disk, and works as a wheel without the repository."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
ROOMS = {
    "macsmith": "macsmith",
    **{f"macsmith.{r}": r for r in ("golden", "hw", "sim", "boards", "tools", "models", "studies")},
}


def on_disk():
    """Every package below the rooms, by its installed name."""
    found = set()
    for package, folder in ROOMS.items():
        for marker in (ROOT / folder).rglob("__init__.py"):
            inner = marker.parent.relative_to(ROOT / folder).parts
            found.add(".".join([package, *inner]))
    return found


def test_every_package_on_the_disk_is_listed():
    assert set(CONFIGURATION["packages"]) == on_disk()
    assert CONFIGURATION["package-dir"] == ROOMS


def test_data_goes_down_the_page():
    """golden → tools → hw → sim, boards beside, macsmith on top: nothing imports upward."""
    below = {
        "golden": ("golden",),
        "tools": ("golden", "tools"),
        "hw": ("golden", "tools", "hw"),
        "boards": ("golden", "tools", "hw", "boards"),
        "sim": ("golden", "tools", "hw", "sim"),
    }
    for room, allowed in below.items():
        for path in (ROOT / room).rglob("*.py"):
            depth = len(path.relative_to(ROOT / room).parts)
            for line in path.read_text().splitlines():
                words = line.split()
                if not words or words[0] not in ("from", "import"):
                    continue
                assert not words[1].startswith("macsmith"), f"{path}: {line}"
                up = "." * (depth + 1)
                if words[1].startswith(up) and not words[1].startswith(up + "."):
                    other = words[1][len(up) :].split(".")[0]
                    assert other in allowed, f"{path}: {line}"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    command += ["--quiet", "-w", str(folder), "."]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_every_module_and_data_file(wheel):
    inside = set(zipfile.ZipFile(wheel).namelist())
    for package, folder in ROOMS.items():
        prefix = package.replace(".", "/")
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert f"{prefix}/{path.relative_to(ROOT / folder).as_posix()}" in inside


def test_the_wheel_works_far_from_the_repository(wheel, tmp_path):
    """Unpacked into a folder of its own, before the editable install on the path."""
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    program = (
        "import sys;"
        "sys.meta_path = [f for f in sys.meta_path if 'editable' not in repr(f).lower()];"
        f"sys.path.insert(0, {str(tmp_path / 'site')!r});"
        "import macsmith.golden, macsmith.boards; from macsmith.cli import main;"
        f"assert macsmith.golden.__file__.startswith({str(tmp_path)!r}), macsmith.golden.__file__;"
        "sys.exit(main(['explain', 'int4xint8']) or main(['list', 'boards']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "accumulator" in done.stdout and "u280" in done.stdout

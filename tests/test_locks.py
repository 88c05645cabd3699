"""locks/ holds what constraints.txt pins and pyproject.toml asks for, and digests of all of it."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import lock
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PINS = {
    canonicalize_name(name): pinned
    for name, pinned in re.findall(
        r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.M
    )
}
every_lock = pytest.mark.parametrize("name", lock.LOCKS)


def entries(name):
    """name -> (version, marker, digests) of a lock."""
    text = (ROOT / "locks" / f"{name}.txt").read_text().replace("\\\n", "")
    found = {}
    for line in text.splitlines()[1:]:
        entry = re.fullmatch(
            r"([\w.-]+)==(\S+)( ; .*?)? +((?:--hash=sha256:[0-9a-f]{64} *)+)", line
        )
        assert entry, line
        found[canonicalize_name(entry[1])] = entry[2], entry[3], entry[4].split()
    return found


@every_lock
def test_a_lock_has_the_pinned_versions(name):
    found = entries(name)
    assert {key: pinned for key, (pinned, *_) in found.items()} == {key: PINS[key] for key in found}


@every_lock
def test_a_lock_has_all_that_is_asked_for(name):
    found, project = entries(name), PROJECT["project"]
    wanted = [*project["dependencies"], *PROJECT["build-system"]["requires"]]
    for extra in lock.LOCKS[name]:
        wanted += project["optional-dependencies"][extra]
    wanted += lock.FILES.get(name, ())
    for text in wanted:
        asked = Requirement(text)
        pinned = found[canonicalize_name(asked.name)][0]
        assert asked.specifier.contains(pinned, prereleases=True), text


def test_every_pin_and_every_extra_is_in_a_lock():
    assert set(PINS) == set().union(*(entries(name) for name in lock.LOCKS))
    extras = {extra for names in lock.LOCKS.values() for extra in names}
    assert extras == set(PROJECT["project"]["optional-dependencies"])
    assert {path.stem for path in (ROOT / "locks").iterdir()} == set(lock.LOCKS)


@every_lock
def test_a_lock_has_nothing_that_it_excludes(name):
    assert not set(entries(name)) & set(lock.EXCLUDED.get(name, ()))


@every_lock
def test_a_lock_names_no_place(name):
    text = (ROOT / "locks" / f"{name}.txt").read_text()
    assert "://" not in text and "index" not in text


@pytest.mark.parametrize("name", ["core", "tests"])
def test_what_is_installed_is_what_the_lock_says(name):
    """Whether or not make installed it."""
    for key, (pinned, marker, _) in entries(name).items():
        try:
            assert version(key) == pinned, key
        except PackageNotFoundError:
            assert marker, key

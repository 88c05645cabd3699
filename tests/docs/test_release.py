"""Releases: the same bytes for the same commit, and what the audit may claim."""

import os
import tarfile
import zipfile

import audit
import pytest
import release

DATE = 1_700_000_001  # odd: zip files keep even seconds


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """The working folder's files that git knows, twice, in folders of different names and times."""
    names = release.git("ls-files").splitlines()
    found = []
    for name in ("one", "two/deeper"):
        folder = tmp_path_factory.mktemp("sources") / name
        for path in names:
            if (release.ROOT / path).exists() and not path.startswith(("tests/", "docs/site")):
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes((release.ROOT / path).read_bytes())
        found.append(folder)
    return found


@pytest.mark.cases(0)
def test_what_is_built_twice_has_the_same_bytes(sources, tmp_path):
    built = []
    for source, umask in zip(sources, (0o022, 0o077), strict=True):
        target = tmp_path / str(umask)
        target.mkdir()
        before = os.umask(umask)
        try:
            built.append(release.build(source, target, DATE))
        finally:
            os.umask(before)
    (sdist, wheel), others = built
    assert [path.read_bytes() for path in others] == [sdist.read_bytes(), wheel.read_bytes()]
    with zipfile.ZipFile(wheel) as file:
        assert {item.date_time for item in file.infolist()} == {(2023, 11, 14, 22, 13, 20)}
        names = {item.filename for item in file.infolist()}
    assert {"macsmith/cli.py", "macsmith/golden/__init__.py", "macsmith/boards/u280.toml"} <= names
    with tarfile.open(sdist) as file:
        assert {item.mtime for item in file.getmembers()} == {DATE}
        assert all(item.uid == 0 and not item.uname for item in file.getmembers())


def package(name, **more):
    return {"name": name, "version": "1", "vulns": [], **more}


FLAW = {"id": "CVE-1", "fix_versions": ["2", "3"], "aliases": []}


@pytest.mark.cases("all")
@pytest.mark.parametrize(
    ("dependencies", "said", "code", "line"),
    [
        ([package("a"), package("b")], "", 0, "2 packages, 0 of them with known flaws"),
        ([package("a", vulns=[FLAW])] * 2, "", 1, "a 1: CVE-1, mended in 2, 3"),
        ([package("a", vulns=[FLAW | {"fix_versions": []}])], "", 1, "CVE-1, mended in none"),
        ([], "no route", 3, "cannot be reached: no route"),
        ([package("a", skip_reason="?")], "", 3, "cannot be reached: it knows none of 1 packages"),
        ([package("a"), package("b", skip_reason="?")], "", 3, "does not know b"),
    ],
)
def test_an_audit_claims_no_more_than_it_was_told(dependencies, said, code, line):
    found, lines = audit.told(dependencies, said)
    assert found == code and line in "\n".join(lines)
    assert not (code == 3 and any("0 of them" in line for line in lines))

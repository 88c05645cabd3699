"""Builds what a release consists of into build/release: sdist, wheel, SBOM and their digests.

``make release``. Built is the last commit, not the working folder: nothing else comes along, and
files get the commit's date, so the same commit gives the same bytes. The wheel is built of the
sdist. The SBOM (CycloneDX, JSON) names what is installed beside macsmith: names, versions and the
digests of all files that locks/core.txt allows.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "build" / "release"
HOOK = (
    "import sys; from setuptools import build_meta as b; getattr(b, 'build_' + sys.argv[1])({!r})"
)


def main() -> int:
    date = git("log", "-1", "--format=%ct").strip()
    if git("status", "--porcelain", "--untracked-files=no"):
        print("there are changes that are not committed: they are not in the release")
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        build(exported(Path(scratch)), TARGET, int(date))
    wheel = next(TARGET.glob("*.whl"))
    bill = TARGET / f"{'-'.join(wheel.name.split('-')[:2])}.cdx.json"
    write_sbom(bill, date)
    lines = [f"{digest(path)}  {path.name}\n" for path in sorted(TARGET.iterdir())]
    (TARGET / "SHA256SUMS").write_text("".join(lines), encoding="ascii")
    print("".join(lines), end="")
    return 0


def git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, encoding="utf-8")
    if done.returncode:
        sys.exit(f"a release is made of a commit, but git says: {done.stderr.strip()}")
    return done.stdout


def exported(folder: Path) -> Path:
    """The last commit, below ``folder``."""
    git("archive", "--format=tar", f"--output={folder / 'commit.tar'}", "HEAD")
    return unpacked(folder / "commit.tar", folder / "commit")


def unpacked(archive: Path, folder: Path) -> Path:
    with tarfile.open(archive) as file:
        file.extractall(folder, filter="data")
    return folder


def build(source: Path, target: Path, date: int) -> tuple[Path, Path]:
    """The sdist of a source folder, and the wheel of that sdist, in ``target``.

    All times in them are ``date``, in seconds since 1970; names are sorted.
    """
    run_hook("sdist", source, target, date)
    sdist = next(target.glob("*.tar.gz"))
    settle(sdist, date)
    with tempfile.TemporaryDirectory() as scratch:
        [inner] = unpacked(sdist, Path(scratch)).iterdir()
        run_hook("wheel", inner, target, date)
    return sdist, next(target.glob("*.whl"))


def run_hook(what: str, source: Path, target: Path, date: int) -> None:
    """setuptools' own hook, as pip calls it, with the setuptools that is installed."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(date)}
    done = subprocess.run(
        [sys.executable, "-c", HOOK.format(str(target)), what],
        cwd=source,
        env=environment,
        umask=0o022,  # wheels keep the modes of files
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode:
        sys.exit(f"the {what} cannot be built:\n{done.stderr}")


def settle(archive: Path, date: int) -> None:
    """Write a .tar.gz again: sorted, nobody's, all of one time, which setuptools leaves open."""
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(scratch) / "plain.tar"
        with tarfile.open(archive) as old, tarfile.open(plain, "w") as new:
            for member in sorted(old.getmembers(), key=lambda item: item.name):
                member.mtime, member.pax_headers = date, {}
                member.uid = member.gid = 0
                member.uname = member.gname = ""
                member.mode = 0o755 if member.isdir() else 0o644
                new.addfile(member, old.extractfile(member) if member.isfile() else None)
        with archive.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=date) as packed:
            packed.write(plain.read_bytes())


def write_sbom(path: Path, date: str) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "cyclonedx_py", "requirements"]
    command += ["--pyproject", "pyproject.toml", "--mc-type", "library", "--short-PURLs"]
    command += ["--output-reproducible", "--output-file", str(path), "locks/core.txt"]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": date}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8")
    if done.returncode:
        sys.exit(f"the SBOM cannot be written:\n{done.stderr}")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())

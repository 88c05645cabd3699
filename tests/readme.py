"""Runs every command and every Python block that README.md shows, as written, in a scratch folder.

``make test`` is left out: whoever runs this runs it too.
"""

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parent.parent
SKIPPED = {"make test"}


def blocks(language: str) -> list[str]:
    """The contents of README's fenced blocks of a language."""
    return re.findall(
        rf"^```{language}\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S
    )


def run(line: str) -> subprocess.CompletedProcess[str]:
    """A command with all that it prints."""
    return subprocess.run(
        line,
        shell=True,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )


def main() -> int:
    """Returns 0 if every command ended well."""
    shutil.rmtree(ROOT / "out", ignore_errors=True)
    commands = [line for block in blocks("sh") for line in block.splitlines() if line.strip()]
    commands = [line for line in commands if line not in SKIPPED]
    run(commands[0])  # sets up
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for line, result in zip(commands, pool.map(run, commands), strict=True):
            print(f"$ {line}\n{result.stdout}", flush=True)
            if result.returncode:
                print(f"README's command failed with {result.returncode}: {line}")
                pool.shutdown(cancel_futures=True)
                return 1
    for text in blocks("python"):
        print("$ python (README)", flush=True)
        environment = {**os.environ, "MACSMITH_CACHE": str(ROOT / "build" / "cache")}
        subprocess.run([sys.executable, "-W", "error", "-c", text], check=True, env=environment)
    print(f"{len(commands)} commands of README.md ran")
    return 0


if __name__ == "__main__":
    sys.exit(main())

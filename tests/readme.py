"""Runs every command and every Python block that README.md shows, as written.

``make test`` and ``make docs`` are left out: whoever runs this runs them too. The pages of the site
are run by tests/docs/test_pages.py.
"""

import os
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))

from pages import ROOT, SKIPPED, blocks, conversations, run  # noqa: E402


def main() -> int:
    """Returns 0 if everything ended well."""
    shutil.rmtree(ROOT / "out", ignore_errors=True)
    shown = blocks(ROOT / "README.md")
    commands = [
        command
        for block in shown
        if block.language == "sh"
        for command, _ in conversations(block)
        if command not in SKIPPED
    ]
    run(commands[0], ROOT)  # sets up
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        done = pool.map(lambda command: run(command, ROOT), commands)
        for command, result in zip(commands, done, strict=True):
            print(f"$ {command}\n{result.stdout}{result.stderr}", flush=True)
            if result.returncode:
                print(f"README's command failed with {result.returncode}: {command}")
                pool.shutdown(cancel_futures=True)
                return 1
    os.environ.setdefault("MACSMITH_CACHE", str(ROOT / "build" / "cache"))
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for block in shown:
            if block.language == "python":
                print(f"$ python (README.md:{block.line})", flush=True)
                exec(compile(block.text, "README.md", "exec"), {})
        os.chdir(ROOT)
    print(f"{len(commands)} commands of README.md ran")
    return 0


if __name__ == "__main__":
    sys.exit(main())

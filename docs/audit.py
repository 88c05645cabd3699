"""Asks whether known flaws concern what locks/ pins: ``make audit``.

pip-audit asks a database of advisories: the package registry's own, or with ``make audit
ARGS="-s osv"`` OSV. Exit codes: 0 none is known, 1 some are, 3 the database did not answer
for every package, in which case nothing is claimed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent

Dependencies = list[dict[str, Any]]


def asked(words: list[str]) -> tuple[Dependencies, str]:
    """What pip-audit found, package by package, or nothing; and what it said."""
    command = [sys.executable, "-P", "-m", "pip_audit", "--format", "json", "--progress-spinner"]
    command += ["off", "--disable-pip", "--require-hashes", *words]
    for lock in sorted((ROOT / "locks").glob("*.txt")):
        command += ["--requirement", str(lock)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    try:
        found: Dependencies = json.loads(done.stdout)["dependencies"]
    except (json.JSONDecodeError, KeyError):
        return [], (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
    return found, ""


def told(dependencies: Dependencies, said: str) -> tuple[int, list[str]]:
    """Exit code, and the lines that say what it means."""
    packages = {(item["name"], item.get("version", "")): item for item in dependencies}
    flawed = {key: item for key, item in packages.items() if item.get("vulns")}
    lines = [
        f"{name} {version}: {flaw['id']}, mended in {', '.join(flaw['fix_versions']) or 'none'}"
        for (name, version), item in sorted(flawed.items())
        for flaw in item["vulns"]
    ]
    silent = [item["name"] for item in packages.values() if "skip_reason" in item]
    if not packages:
        lines.append(f"the database of advisories cannot be reached: {said}")
    elif len(silent) == len(packages):
        lines.append(
            f"the database of advisories cannot be reached: it knows none of {len(silent)} packages"
        )
    elif silent:
        lines.append(f"the database of advisories does not know {', '.join(sorted(silent))}")
    else:
        lines.append(f"{len(packages)} packages, {len(flawed)} of them with known flaws")
    return (1 if flawed else 3 if silent or not packages else 0), lines


def main(words: list[str]) -> int:
    code, lines = told(*asked(words))
    print("\n".join(lines))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

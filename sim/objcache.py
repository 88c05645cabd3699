"""A compiler launcher that keeps the objects of Verilator's run-time library.

Every simulator compiles the same library, which takes longer than a small engine. Verilator's
makefile calls ``$(OBJCACHE) compiler …``; only sources of installed packages are kept, all else
is compiled.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

_DIGEST = hashlib.sha256().digest_size


def main(command: list[str]) -> int:
    """Run ``command``, or copy the object that it made before; returns its exit code."""
    folder = os.environ.get("MACSMITH_OBJECTS")
    source = next((Path(word) for word in command if word.endswith(".cpp")), None)
    target = Path(command[command.index("-o") + 1]) if "-o" in command else None
    # cocotb's main program includes the engine's own header: only Verilator's library is the same.
    library = source is not None and source.parent.parts[-2:] == ("verilator", "include")
    if not folder or source is None or target is None or not library:
        return subprocess.call(command)
    words = [word for word in command if word != str(target)]
    key = hashlib.sha256(
        "\0".join([*words, source.read_text(encoding="utf-8")]).encode()
    ).hexdigest()[:20]
    kept = Path(folder) / f"{source.stem}-{key}.kept"
    text = _read(kept)
    if text is not None:
        target.write_bytes(text)
        return 0
    status = subprocess.call(command)
    if not status:
        _keep(kept, target.read_bytes())
    return status


def _keep(kept: Path, text: bytes) -> None:
    """Write an object and before it its digest; nobody sees half of it."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    # TMPDIR is the build's folder, which goes with all that lies in it.
    handle, part = tempfile.mkstemp()
    with open(handle, "wb") as file:
        file.write(hashlib.sha256(text).digest() + text)
    os.chmod(part, 0o644)
    os.replace(part, kept)


def _read(kept: Path) -> bytes | None:
    """The object, if it is there as it was kept."""
    try:
        whole = kept.read_bytes()
    except OSError:
        return None
    digest, text = whole[:_DIGEST], whole[_DIGEST:]
    if hashlib.sha256(text).digest() == digest:
        return text
    print(f"macsmith: a damaged cache entry is made anew: {kept}", file=sys.stderr)
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Debian's Chromium without a window, driven over a pipe by the DevTools protocol.

Nothing is installed for it: a test that needs it is skipped where there is none.
"""

import json
import os
import shutil
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")


def installed():
    """The browser's program, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Page:
    """A page that is open: its scripts' values, and what its console says."""

    def __init__(self, into, out):
        self._into, self._out, self._number, self.session = into, out, 0, None
        self._rest = b""
        self.said = []
        self.asked_for = []

    def call(self, method, **parameters):
        """The result of a command."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self._into, json.dumps(message).encode() + b"\0")
        while True:
            got = self._next()
            if got.get("id") == self._number:
                assert "error" not in got, got
                return got["result"]

    def _next(self):
        while b"\0" not in self._rest:
            more = os.read(self._out, 1 << 16)
            assert more, "the browser has ended"
            self._rest += more
        line, self._rest = self._rest.split(b"\0", 1)
        got = json.loads(line)
        if got.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded",
                                 "Runtime.consoleAPICalled"):  # fmt: skip
            self.said.append(got["params"])
        if got.get("method") == "Network.requestWillBeSent":
            self.asked_for.append(got["params"]["request"]["url"])
        return got

    def value(self, expression):
        """What an expression of JavaScript is, as JSON."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def prefer(self, scheme):
        """Light or dark, as the viewer prefers."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", features=features)


@contextmanager
def opened(path: Path, folder: Path):
    """The page in ``path``, without a network, with the browser's own files below ``folder``."""
    theirs, mine = os.pipe(), os.pipe()
    words = [installed(), "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
             "--no-first-run", f"--user-data-dir={folder / 'profile'}", "about:blank"]  # fmt: skip

    def pipes():
        os.dup2(theirs[0], 3)
        os.dup2(mine[1], 4)

    process = subprocess.Popen(
        words, preexec_fn=pipes, pass_fds=(3, 4), start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        os.close(theirs[0])
        os.close(mine[1])
        page = Page(theirs[1], mine[0])
        [target] = [t for t in page.call("Target.getTargets")["targetInfos"] if t["type"] == "page"]
        attached = page.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        page.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.call(f"{domain}.enable")
        conditions = {"latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
        page.call("Network.emulateNetworkConditions", offline=True, **conditions)
        page.call("Page.navigate", url=path.absolute().as_uri())
        while page.value("document.readyState + location.protocol") != "completefile:":
            pass
        yield page
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(theirs[1])
        os.close(mine[0])

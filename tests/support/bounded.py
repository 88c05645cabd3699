"""A budget for one call: seconds of the processor's time, whatever else runs, and memory."""

import contextlib
import resource
import signal
import warnings
from pathlib import Path

#: Seconds of computing that no refusal and no small answer takes, and bytes beyond what is held.
SECONDS, MEMORY = 30, 1 << 30


class Hang(AssertionError):
    """A call computes too long."""


@contextlib.contextmanager
def bounded(seconds: int = SECONDS, memory: int = MEMORY):
    """Within, computing too long raises :class:`Hang`, taking too much memory MemoryError."""

    def hang(*_):
        raise Hang(f"more than {seconds} s")

    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    kept = resource.getrlimit(resource.RLIMIT_AS)
    before = signal.signal(signal.SIGPROF, hang)
    resource.setrlimit(resource.RLIMIT_AS, (used + memory, kept[1]))
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        # What is not destroyed in time is hardware that a refusal left unused.
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        resource.setrlimit(resource.RLIMIT_AS, kept)

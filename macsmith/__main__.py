"""``macsmith`` and ``python -m macsmith``: Ctrl-C is one line, also while Python still imports."""

import sys


def main() -> int:
    """Run the command line; returns its exit code."""
    try:
        from .cli import main as run

        return run()
    except KeyboardInterrupt:
        sys.stderr.write("macsmith: interrupted; nothing was begun\n")
        return 130
    finally:
        # All is said; what Python says of a Ctrl-C while it ends is no news.
        import signal

        signal.signal(signal.SIGINT, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main())

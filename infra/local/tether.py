"""Become another program that dies when its parent dies: `python -I -S tether.py SIGNAL PARENT_PID COMMAND…`.

Run as a script before the command takes its place, so that the parent, which has threads, need not run code between
fork and exec. On systems other than Linux it only takes the command's place.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask the kernel for the signal, make sure that the parent was not gone before, then exec."""
    death_signal, parent = int(sys.argv[1]), int(sys.argv[2])
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
    command = sys.argv[3:]
    try:
        os.execvp(command[0], command)  # noqa: S606  to be the command is what this script is for
    except OSError as problem:
        sys.exit(f"{command[0]} cannot be run: {problem}")


if __name__ == "__main__":
    main()

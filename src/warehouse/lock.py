"""One writer at a time: an operating system lock that ends with the process, however it ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from warehouse.errors import AnotherRunHoldsTheLock
from warehouse.settings import Settings

LOCK_FILE = "lock"


@contextmanager
def held(settings: Settings) -> Iterator[None]:
    """Hold the home's lock, or raise AnotherRunHoldsTheLock at once.

    ``flock`` leaves nothing behind after a crash or ``kill -9``: a stale lock can't exist. The
    file handle is not inherited, so a child process can't go on holding it.
    """
    handle = os.open(settings.control / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AnotherRunHoldsTheLock(
                "Another run is at work in this home, so this one did nothing. "
                "Wait for it to end (warehouse status shows when it did), then run again if need be."
            ) from None
        yield
    finally:
        os.close(handle)

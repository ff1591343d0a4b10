"""The end of a process that has done its work."""

import atexit
import contextlib
import os
import sys
from typing import NoReturn


def at_once(exit_status: int) -> NoReturn:
    """End without taking everything apart, object by object: after dbt or the gates' library that
    takes a second and is of no use to anybody.

    What has to be done is in the functions for the end (databases are closed, locks given back), and
    in what was said and not yet written.
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        # Who read it may have seen enough.
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(exit_status)

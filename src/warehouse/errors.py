"""What can stop a step, and the exit status that each kind of stop has.

Every message is one or two sentences: what happened, where, and what to do next. None of them
ever repeats a value from a landing file, since that may be a person's name.
"""

import errno
import os
from pathlib import Path
from typing import ClassVar


class WarehouseError(Exception):
    """A step could not do its work. ``exit_code`` is what the command line ends with."""

    exit_code: ClassVar[int] = 1
    status: ClassVar[str] = "failed"


class CouldNotFinish(WarehouseError):
    """The disk is full, a file could not be read or written, or a tool failed."""


class BadConfiguration(WarehouseError):
    """A setting, the key, or the home itself is not usable."""

    exit_code = 2


class GateFailed(WarehouseError):
    """The data is not fit to be published; the last good version still stands."""

    exit_code = 4
    status = "gate_failed"


class AnotherRunHoldsTheLock(WarehouseError):
    """A second run was started while one is under way."""

    exit_code = 5
    status = "locked"


_NOT_WRITABLE = {errno.EROFS, errno.EACCES, errno.EPERM}
_FULL = {errno.ENOSPC, errno.EDQUOT}


def from_os_error(error: OSError, home: Path) -> WarehouseError:
    """The sentence and exit status for an operating system error met while working in ``home``.

    Names the place as closely as it may: a file of landing can be called after a person.
    """
    where = _place(error, home)
    if is_full(error):
        return CouldNotFinish(disk_full(where))
    if error.errno in _NOT_WRITABLE:
        return BadConfiguration(
            f"{where} cannot be written ({error.strerror}). Nothing was published. "
            "Give this account write access to the home, or point WAREHOUSE_HOME elsewhere."
        )
    return CouldNotFinish(
        f"{where} could not be read or written ({error.strerror or type(error).__name__}). "
        "Nothing was published and nothing was lost: mend it and run again."
    )


def no_home(error: OSError, home: Path) -> WarehouseError:
    """The same for an error met while looking for the home's folders, or making them.

    There a file in the way, or a place where nothing can be made, is as much a setting to be mended as
    a lack of rights: only a full disk can be mended by running again.
    """
    if is_full(error) or error.errno in _NOT_WRITABLE:
        return from_os_error(error, home)
    return BadConfiguration(
        f"{home} cannot be a warehouse home ({error.strerror or type(error).__name__}). Nothing was read and "
        "nothing was published. Name a folder that this account can make and write, with --home or "
        "WAREHOUSE_HOME."
    )


def _place(error: OSError, home: Path) -> str:
    path = Path(os.fsdecode(error.filename)) if isinstance(error.filename, (str, bytes)) else home
    if path.is_relative_to(home / "landing"):
        return f"{home}/landing"
    return str(path) if path.is_relative_to(home) else str(home)


def is_full(error: OSError) -> bool:
    """Whether it is a full disk, or a full share of one, that the operating system speaks of."""
    return error.errno in _FULL


def disk_full(where: str) -> str:
    """The one sentence for a full disk."""
    return (
        f"The disk that holds {where} is full. Nothing was published, the last good version stands "
        "and nothing was lost: free some space and run again."
    )

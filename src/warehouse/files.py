"""Files that are there whole or not at all."""

import errno
import fcntl
import hashlib
import os
import shutil
import signal
from pathlib import Path

PARTIAL_SUFFIX = ".part"


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, as hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def is_open_for_writing(path: Path) -> bool:
    """Whether any process has the file open for writing, as far as the operating system tells.

    Linux grants a read lease on a file only while nobody may write to it. On a system or a file
    system without leases, or for another owner's file, nothing is known and the answer is False.
    """
    with path.open("rb") as stream:
        try:
            # Should somebody open the file this very moment, the signal that says so is one that
            # is ignored, and not the usual one, which would end this process.
            fcntl.fcntl(stream, fcntl.F_SETSIG, signal.SIGURG)
            fcntl.fcntl(stream, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(stream, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        except (OSError, AttributeError) as error:
            return getattr(error, "errno", None) == errno.EAGAIN
    return False


def fsync_folder(folder: Path) -> None:
    """Make a rename in this folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def fsync_file(path: Path) -> None:
    """Make the bytes of a file that another library wrote survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def partial(path: Path) -> Path:
    """The name under which ``path`` is written before it is renamed into place."""
    return path.with_name(f".{path.name}{PARTIAL_SUFFIX}")


def put_in_place(written: Path, path: Path) -> None:
    """Rename a fully written partial file to its name, durably."""
    fsync_file(written)
    written.replace(path)
    fsync_folder(path.parent)


def write_text_atomically(path: Path, text: str) -> None:
    """Write a small text file so that a reader sees the old one or the new one, never a half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    written = partial(path)
    written.write_text(text, encoding="utf-8")
    put_in_place(written, path)


def point_link(link: Path, target: str) -> None:
    """Make ``link`` a symbolic link to ``target`` in one step, whatever it was before."""
    fresh = partial(link)
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)
    fsync_folder(link.parent)


def remove_tree(path: Path) -> None:
    """Remove a folder and all in it; one that is not there is no error."""
    if path.exists():
        shutil.rmtree(path)


def sweep_partials(folder: Path) -> None:
    """Remove what an interrupted run left half-written below ``folder``."""
    for leftover in folder.rglob(f".*{PARTIAL_SUFFIX}"):
        if leftover.is_dir() and not leftover.is_symlink():
            remove_tree(leftover)
        else:
            leftover.unlink(missing_ok=True)

"""Hold child processes so that none of them outlives its owner, however the owner ends.

A scheduler starts workers, those start tasks, and a task starts dbt. When the program that began
it all is killed, nobody is left to end them. So a small keeper process stands between: it adopts
every orphan below it (Linux: ``PR_SET_CHILD_SUBREAPER``), watches a pipe that its owner holds, and
when the owner asks or simply is no more, ends everything below it.

Runs as ``python -m warehouse.keeper``; ``Kept`` is the owner's side. Standard library only.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

GRACE_SECONDS = 4.0


@dataclass(frozen=True)
class Child:
    """One process to hold: what it is called, its arguments, and the file that takes its output."""

    name: str
    argv: tuple[str, ...]
    log: Path


class Kept:
    """The owner's side: children that live until ``stop``, or until this process is no more."""

    def __init__(self, children: list[Child], *, env: dict[str, str], cwd: Path) -> None:
        """Starts every child at once, each in a session of its own, under one keeper."""
        self._codes: dict[str, int] = {}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "warehouse.keeper"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=env,
            cwd=cwd,
            text=True,
            # Ctrl-C in a terminal is for the owner; it decides when the children end.
            start_new_session=True,
        )
        assert self._process.stdin is not None
        spec = [{"name": c.name, "argv": c.argv, "log": str(c.log)} for c in children]
        self._process.stdin.write(json.dumps(spec) + "\n")
        self._process.stdin.flush()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            event = json.loads(line)
            self._codes[event["name"]] = event["code"]

    @property
    def pid(self) -> int:
        """The keeper's own process id."""
        return self._process.pid

    def ended(self) -> dict[str, int]:
        """Children that have ended by themselves, with their exit status (negative: a signal)."""
        if self._process.poll() is not None:
            self._reader.join(timeout=1)
            if not self._codes:
                return {"keeper": self._process.returncode}
        return dict(self._codes)

    def stop(self) -> None:
        """Ends every child and all that they started, and waits until they are gone."""
        assert self._process.stdin is not None
        # A keeper that has ended has closed its end of the pipe.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()
        self._reader.join(timeout=1)
        if self._process.stdout is not None:
            self._process.stdout.close()


def adopt_orphans() -> None:
    """Make this process the parent of every orphan below it. Does nothing where that is unknown."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def descendants(pid: int) -> list[int]:
    """Every living process below ``pid``, parents before children. Linux: read from /proc."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name in brackets may hold spaces and brackets: count from the last one.
            state, parent = entry.read_text().rpartition(")")[2].split()[:2]
        except (OSError, ValueError):
            continue
        if state != "Z":
            children.setdefault(int(parent), []).append(int(entry.parent.name))
    found: list[int] = []
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def end_descendants(first: list[int], grace: float = GRACE_SECONDS) -> None:
    """End everything below this process: ``first`` are asked, and after ``grace`` s all are killed.

    Only the first ones are asked, since they end their own children in good order.
    """
    for pid in first:
        _signal(pid, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while descendants(os.getpid()) and time.monotonic() < deadline:
        _reap()
        time.sleep(0.1)
    while left := descendants(os.getpid()):
        for pid in left:
            _signal(pid, signal.SIGKILL)
        _reap()
        time.sleep(0.05)
    _reap()


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _reap() -> dict[int, int]:
    """Collect every child that has ended: its pid and its exit status."""
    ended: dict[int, int] = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended[pid] = os.waitstatus_to_exitcode(status)


def _prctl(option: int, value: int) -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def die_with_parent() -> None:
    """For a child between fork and exec: be killed when the parent is. Does nothing where unknown."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _die_with_the_keeper() -> None:
    # The last resort, for a keeper that is itself killed: its direct children are told at least.
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _start(spec: dict[str, Any]) -> int:
    with Path(spec["log"]).open("ab") as log:
        child = subprocess.Popen(
            spec["argv"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=_die_with_the_keeper,
        )
    child.returncode = 0  # collected by _reap, not by Popen
    return child.pid


def main() -> int:
    """Start what the first line of standard input names; end it all when standard input closes."""
    adopt_orphans()
    for number in _ENDING:
        signal.signal(number, lambda *_: sys.exit(0))
    names: dict[int, str] = {}
    try:
        for spec in json.loads(sys.stdin.readline()):
            names[_start(spec)] = spec["name"]
        while names and not select.select([0], [], [], 0.2)[0]:
            for pid, code in _reap().items():
                if name := names.pop(pid, None):
                    print(json.dumps({"name": name, "code": code}), flush=True)
    finally:
        for number in _ENDING:
            signal.signal(number, signal.SIG_IGN)
        end_descendants(list(names))
    return 0


if __name__ == "__main__":
    sys.exit(main())

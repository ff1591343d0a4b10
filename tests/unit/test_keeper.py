"""No child process outlives its owner, however the owner ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from warehouse.keeper import Child, Kept, descendants

# A child that starts one of its own and notes both process ids; neither ends by itself, and both
# turn a deaf ear to a polite request.
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
below = subprocess.Popen([sys.executable, "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"],
    start_new_session=True)
part = sys.argv[1] + ".part"
open(part, "w").write(f"{os.getpid()} {below.pid}")
os.replace(part, sys.argv[1])
time.sleep(600)
"""

OWNER = """
import os, sys, time
from pathlib import Path
from warehouse.keeper import Child, Kept
note, child, log = sys.argv[1:]
kept = Kept([Child("stubborn", (sys.executable, "-c", child, note), Path(log))],
            env=dict(os.environ), cwd=Path.cwd())
time.sleep(600)
"""


def noted(note: Path) -> list[int]:
    """The process ids that the stubborn child wrote, once it has; fails after 30 s."""
    for _ in range(300):
        if note.exists():
            return [int(pid) for pid in note.read_text().split()]
        time.sleep(0.1)
    pytest.fail("the child never started")


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and only waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until_gone(pids: list[int]) -> None:
    """Fails after 30 s."""
    for _ in range(300):
        if not any(alive(pid) for pid in pids):
            return
        time.sleep(0.1)
    pytest.fail("a process outlived its owner")


def test_stopping_ends_a_child_and_its_own_children_though_they_refuse(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    kept = Kept(
        [Child("stubborn", (sys.executable, "-c", STUBBORN, str(note)), tmp_path / "log")],
        env=dict(os.environ),
        cwd=tmp_path,
    )
    pids = noted(note)
    assert all(alive(pid) for pid in pids)
    assert set(pids) <= set(descendants(kept.pid))
    kept.stop()
    assert not any(alive(pid) for pid in pids)


def test_killing_the_owner_ends_everything_below_it(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(note), STUBBORN, str(tmp_path / "log")], cwd=tmp_path
    )
    pids = noted(note)
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    wait_until_gone(pids)


def test_a_child_that_ends_by_itself_is_reported_with_its_status(tmp_path: Path) -> None:
    kept = Kept(
        [
            Child("short", (sys.executable, "-c", "raise SystemExit(7)"), tmp_path / "short.log"),
            Child("long", (sys.executable, "-c", "import time; time.sleep(600)"), tmp_path / "l"),
        ],
        env=dict(os.environ),
        cwd=tmp_path,
    )
    try:
        for _ in range(300):
            if kept.ended():
                break
            time.sleep(0.1)
        assert kept.ended() == {"short": 7}
    finally:
        kept.stop()


def test_what_a_child_says_is_in_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    kept = Kept(
        [Child("speaker", (sys.executable, "-c", "print('a word')"), log)],
        env=dict(os.environ),
        cwd=tmp_path,
    )
    for _ in range(300):
        if kept.ended():
            break
        time.sleep(0.1)
    kept.stop()
    assert log.read_text() == "a word\n"

"""What a fresh Python says: for what a test would leave changed behind it, such as modules imported."""

import subprocess
import sys


def said_by(code: str) -> list[str]:
    """The lines that the code prints in a process of its own, which has to end well."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()

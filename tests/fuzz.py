"""Try the laws of the file readers on ever other files, for as long as is asked for.

    python -m tests.fuzz [--minutes N]

Each turn is a run of the property tests with a seed of its own and a hundred times their usual
number of files; it ends at the first that breaks a law, which hypothesis has then made as small as
it can and printed. `make fuzz` calls this.
"""

import argparse
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path

LAWS = ("tests/unit/test_any_file.py", "tests/unit/test_reading_laws.py")


def main() -> int:
    """0 where every law held until the time was up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--examples", type=int, default=2000, help="files for each law in a turn")
    options = parser.parse_args()
    until = time.monotonic() + 60 * options.minutes
    turns = 0
    while time.monotonic() < until:
        seed = secrets.randbelow(1 << 31)
        turns += 1
        print(f"Turn {turns}, seed {seed}", flush=True)
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", f"--hypothesis-seed={seed}", *LAWS],
            cwd=Path(__file__).parents[1],
            env={**os.environ, "FUZZ_EXAMPLES": str(options.examples)},
            check=False,
        )
        if ended.returncode:
            return ended.returncode
    print(f"Every law held in {turns} turns.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

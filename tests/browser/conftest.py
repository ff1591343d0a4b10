"""A real dashboard process and a real browser, both on the loopback interface."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.board_fixture import make_home

ROOT = Path(__file__).resolve().parents[2]
# The sandbox needs rights that a container or root seldom has; the rest keeps the browser itself
# from calling home, so that a request to the outside can only be the page's.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@dataclass
class Dashboard:
    """A running dashboard: where it answers, what it reads, and its process."""

    address: str
    home: Path
    process: subprocess.Popen[str]

    @property
    def port(self) -> int:
        return int(self.address.rsplit(":", 1)[1])


def start(home: Path, port: int = 0, settings: Mapping[str, str] | None = None) -> Dashboard:
    """Start `serve.py` on a free port and wait until it answers its health check."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", **(settings or {})}
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "dashboard" / "serve.py"), "--home", str(home),
         "--port", str(port)],
        cwd=home, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    dashboard = Dashboard("", home, process)
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert found, f"the dashboard did not say where it is: {said!r}"
        dashboard.address = found.group()
        # A full pipe would stop the process that writes to it.
        threading.Thread(target=process.stdout.read, daemon=True).start()
        # It listens before it says its address, so this waits and is not refused.
        with urlopen(f"{dashboard.address}/_stcore/health", timeout=30) as answer:
            assert answer.status == 200
    except BaseException:
        stop(dashboard)
        raise
    return dashboard


def stop(dashboard: Dashboard) -> None:
    """End the process that `start` made, and no other."""
    dashboard.process.terminate()
    try:
        dashboard.process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        dashboard.process.kill()
        dashboard.process.wait(timeout=15)


@pytest.fixture(scope="package")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """One dashboard on a whole and healthy board, which no test changes."""
    running = start(make_home(tmp_path_factory.mktemp("home")))
    yield running
    stop(running)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    chromium = shutil.which("chromium") or "/usr/bin/chromium"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield launched
        launched.close()


@dataclass
class Visit:
    """A page in a browser, and what it did that a reader doesn't see."""

    page: Page
    address: str
    requested: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str = "") -> None:
        """Open a page of the dashboard and wait for its question and its last drawing."""
        self.page.goto(f"{self.address}/{path}", wait_until="domcontentloaded")
        self.settle()

    def settle(self) -> None:
        """Wait until the page's question stands there and its script has run to the end."""
        self.page.wait_for_selector("h1", timeout=60_000)
        self.page.wait_for_selector(
            "[data-testid='stApp'][data-test-script-state='notRunning']", timeout=60_000
        )

    def charts(self, count: int) -> None:
        """Wait until so many charts are drawn."""
        self.page.wait_for_function(
            "n => document.querySelectorAll('svg[role=\"graphics-document\"], "
            "[role=\"graphics-document\"]').length >= n",
            arg=count, timeout=60_000,
        )  # fmt: skip


@pytest.fixture(scope="package")
def laptop(browser: Browser) -> Iterator[BrowserContext]:
    """One browser profile at laptop size: its cache spares each test the same megabytes."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture(scope="package")
def phone(browser: Browser) -> Iterator[BrowserContext]:
    """Another profile: 320 CSS pixels, which are a 1280 pixel window at a zoom of 400 %."""
    context = browser.new_context(viewport={"width": 320, "height": 800})
    yield context
    context.close()


@contextmanager
def visiting(context: BrowserContext, dashboard: Dashboard) -> Iterator[Visit]:
    """A fresh page, which notes each request and complaint."""
    page = context.new_page()
    made = Visit(page, dashboard.address)
    page.on("request", lambda request: made.requested.append(request.url))
    page.on("websocket", lambda socket: made.requested.append(socket.url))
    page.on(
        "console",
        lambda said: made.complaints.append(said.text) if said.type == "error" else None,
    )
    page.on("pageerror", lambda fault: made.complaints.append(str(fault)))
    yield made
    page.close()


@pytest.fixture
def visit(laptop: BrowserContext, dashboard: Dashboard) -> Iterator[Visit]:
    """A fresh page at laptop size."""
    with visiting(laptop, dashboard) as made:
        yield made

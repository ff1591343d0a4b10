"""Signing in, as people meet it: a real provider, a real dashboard, a real browser.

The provider is Canaille (`provider.py`). Ada is in the group of the board, Grace in that of the data
stewards, Edsger in neither.
"""

from __future__ import annotations

import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.board_fixture import make_home
from tests.browser.conftest import ROOT, Dashboard, Visit, start, stop

PASSWORD = "correct horse battery staple"  # pragma: allowlist secret
WHO_ARE_YOU = "Who are you?"
OVERVIEW = "Is the programme working?"
PATIENCE = 30_000


@dataclass
class Signing:
    """A dashboard that asks who comes, and the provider that answers."""

    dashboard: Dashboard
    provider: str

    def tokens_hold(self, seconds: int) -> None:
        """Set how long the tokens hold that are made from now on."""
        asked = Request(f"{self.provider}/lifetime/{seconds}", method="POST")
        with urlopen(asked, timeout=30) as answer:
            assert answer.status == 200


def free_port() -> int:
    """A port that nobody listens on, to be named to the provider before the dashboard starts."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings(provider: str, port: int, client: str) -> dict[str, str]:
    """The dashboard's settings, as somebody who runs it would set them."""
    said = {
        "ISSUER": f"{provider}/",
        "CLIENT_ID": client,
        "CLIENT_SECRET": f"{client}-not-a-secret",
        "COOKIE_SECRET": "0123456789abcdef" * 2,
        "REDIRECT_URI": f"http://127.0.0.1:{port}/oauth2callback",
        "SCOPE": "openid profile groups",
        "BOARD": "programme-board",
        "STEWARD": "data-stewards",
    }
    return {f"WAREHOUSE_OIDC_{name}": value for name, value in said.items()}


@pytest.fixture(scope="module")
def ports() -> dict[str, int]:
    return {client: free_port() for client in ("dashboard", "nameless")}


@pytest.fixture(scope="module")
def provider(ports: dict[str, int]) -> Iterator[str]:
    """The provider's address. It is in memory alone, and ends with the tests."""
    python = ROOT / ".venv-provider" / "bin" / "python"
    assert python.exists(), "the provider is not installed: make setup-provider"
    back = [f"http://127.0.0.1:{port}/oauth2callback" for port in ports.values()]
    process = subprocess.Popen(
        [str(python), str(ROOT / "tests" / "browser" / "provider.py"), *back],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), "the provider did not say where it is"
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield address
    finally:
        process.terminate()
        process.wait(timeout=15)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_home(tmp_path_factory.mktemp("signed"))


@pytest.fixture(scope="module")
def signing(provider: str, ports: dict[str, int], home: Path) -> Iterator[Signing]:
    port = ports["dashboard"]
    running = start(home, port, settings(provider, port, "dashboard"))
    yield Signing(running, provider)
    stop(running)


@pytest.fixture(scope="module")
def profile(browser: Browser) -> Iterator[BrowserContext]:
    """One browser profile: its cache spares each test the same megabytes."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture
def person(profile: BrowserContext) -> Iterator[BrowserContext]:
    """Somebody who has never signed in, here or at the provider."""
    profile.clear_cookies()
    yield profile
    for page in profile.pages:
        page.close()


def asked(page: Page) -> Page:
    """The page, once its question stands and its script has ended."""
    page.wait_for_selector("h1", timeout=60_000)
    page.wait_for_selector(
        "[data-testid='stApp'][data-test-script-state='notRunning']", timeout=60_000
    )
    return page


def sign_in(page: Page, address: str, name: str) -> None:
    """From the dashboard to the provider, and back with its word on who this is."""
    page.goto(address, wait_until="domcontentloaded")
    asked(page).get_by_role("button", name="Sign in", exact=True).click()
    page.fill("input[name=login]", name, timeout=PATIENCE)
    page.press("input[name=login]", "Enter")
    page.fill("input[name=password]", PASSWORD, timeout=PATIENCE)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{address}/**", timeout=PATIENCE)
    asked(page)


def listed(page: Page) -> list[str]:
    """The pages in the sidebar."""
    return page.get_by_test_id("stSidebarNav").get_by_role("link").all_inner_texts()


def test_whoever_has_not_signed_in_sees_no_figure_at_any_address(
    signing: Signing, person: BrowserContext
) -> None:
    visit = Visit(person.new_page(), signing.dashboard.address)
    visit.page.on("request", lambda request: visit.requested.append(request.url))
    for path in ("", "retention", "operations"):
        visit.open(path)
        expect(visit.page.locator("h1")).to_have_text(WHO_ARE_YOU)
        assert visit.page.get_by_test_id("stSidebarNav").count() == 0
        assert visit.page.locator("svg[role='graphics-document'], table").count() == 0
    own = urlsplit(visit.address).netloc
    assert {urlsplit(url).netloc for url in visit.requested} == {own}


def test_a_member_of_the_board_signs_in_sees_the_boards_pages_and_signs_out_of_every_tab(
    signing: Signing, person: BrowserContext
) -> None:
    page, address = person.new_page(), signing.dashboard.address
    sign_in(page, address, "ada")
    expect(page.locator("h1")).to_have_text(OVERVIEW)
    names = listed(page)
    assert "Retention" in names
    assert "Operations" not in names
    expect(page.get_by_text("Signed in as Ada, member of the board")).to_be_visible()

    # The page for stewards is not registered for her, so its address leads to no page of that name.
    other = person.new_page()
    other.goto(f"{address}/operations", wait_until="domcontentloaded")
    asked(other)
    assert "Did the last night go well?" not in other.locator("h1").all_inner_texts()
    other.goto(f"{address}/retention", wait_until="domcontentloaded")
    expect(asked(other).locator("h1")).to_have_text("Are staff staying?")

    # A file that a page has made is for her alone, and not for whoever learns its address.
    with other.expect_download(timeout=PATIENCE) as download:
        other.get_by_role("button", name="Download as CSV").first.click()
    file = download.value.url
    assert urlsplit(file).path.startswith("/media/")
    assert person.request.get(file).status == 200
    with pytest.raises(HTTPError, match="403"):
        urlopen(file, timeout=30)

    copied = [one for one in person.cookies() if one["name"].startswith("_streamlit_user")]
    assert copied
    assert all(one["httpOnly"] and one["sameSite"] == "Lax" for one in copied)
    page.get_by_role("button", name="Sign out").click()
    # What is shown first is that she has signed out; then the way over the provider is behind her.
    expect(page.get_by_text("Sign in with your account of the council")).to_be_visible(
        timeout=PATIENCE
    )
    assert not [one for one in person.cookies() if one["name"].startswith("_streamlit_user")]
    # The other tab's connection was made while she was signed in.
    other.get_by_role("radio", name="During").click()
    expect(other.get_by_text("You have signed out.")).to_be_visible(timeout=PATIENCE)
    # Nor does a copy of the cookies help whoever kept one.
    person.add_cookies(copied)
    page.reload()
    expect(page.get_by_text("You have signed out.")).to_be_visible(timeout=PATIENCE)
    # The provider has let go of her too: it asks for the password again.
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"{signing.provider}/**", timeout=PATIENCE)
    expect(page.locator("input[name=login], input[name=password]")).to_be_visible(timeout=PATIENCE)


def test_a_steward_sees_the_page_on_operations_too(
    signing: Signing, person: BrowserContext
) -> None:
    page = person.new_page()
    sign_in(page, signing.dashboard.address, "grace")
    assert listed(page)[-1] == "Operations"
    expect(page.get_by_text("Signed in as Grace, data steward")).to_be_visible()
    page.get_by_role("link", name="Operations", exact=True).click()
    expect(page.locator("h1")).to_have_text("Did the last night go well?", timeout=PATIENCE)


def test_an_account_without_a_role_sees_how_to_ask_and_no_figure(
    signing: Signing, person: BrowserContext
) -> None:
    page = person.new_page()
    sign_in(page, signing.dashboard.address, "edsger")
    expect(page.locator("h1")).to_have_text("May you see these figures?")
    expect(page.get_by_text("ask the board's secretary")).to_be_visible()
    assert page.get_by_test_id("stSidebarNav").count() == 0
    assert page.locator("svg[role='graphics-document'], table").count() == 0
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("h1")).to_have_text(WHO_ARE_YOU, timeout=PATIENCE)


def test_a_sign_in_ends_when_its_token_expires(signing: Signing, person: BrowserContext) -> None:
    """A token of one second: when the page stands there, it is over, and Streamlit's own cookie,
    which would hold for thirty days, helps nobody."""
    page = person.new_page()
    signing.tokens_hold(1)
    try:
        sign_in(page, signing.dashboard.address, "ada")
    finally:
        signing.tokens_hold(3600)
    page.wait_for_timeout(1500)
    page.reload()
    expect(page.locator("h1")).to_have_text("Are you still there?", timeout=PATIENCE)
    expect(page.get_by_text("Your sign-in has expired.")).to_be_visible()
    assert page.get_by_test_id("stSidebarNav").count() == 0
    held = {one["name"]: one["expires"] for one in person.cookies()}
    assert held["_streamlit_user"] > 0


def test_a_token_that_names_nobody_as_its_audience_is_refused(
    provider: str, ports: dict[str, int], home: Path, person: BrowserContext
) -> None:
    """Streamlit and Authlib take it: the person counts as signed in there."""
    port = ports["nameless"]
    running = start(home, port, settings(provider, port, "nameless"))
    try:
        page = person.new_page()
        sign_in(page, running.address, "ada")
        expect(page.get_by_text("was not made out to this dashboard")).to_be_visible()
        assert page.get_by_test_id("stSidebarNav").count() == 0
        assert any(re.fullmatch("_streamlit_user", one["name"]) for one in person.cookies())
    finally:
        stop(running)

"""The board's dashboard as a reader meets it: a real process, a real browser."""

from __future__ import annotations

import base64
import csv
import http.client
import io
import os
import re
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import axe_playwright_python
import openpyxl
import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.board_fixture import Board, flip, make_home, publish
from tests.browser.conftest import Dashboard, Visit, start, stop, visiting

QUESTIONS = {
    "Overview": "Is the programme working?",
    "Retention": "Are staff staying?",
    "Recruitment": "Are posts being filled?",
    "Participation": "Are people taking part?",
    "Debriefs": "Is help there after an incident?",
    "Wellbeing": "How are people?",
    "Impact": "What can we honestly claim?",
    "Benchmarks": "How do we compare?",
    "Principle 6": "Do we do what the evidence asks?",
    "About the data": "Can I trust this?",
    "Operations": "Did the last night go well?",
    "Your data": "What is held about me, and who sees it?",
}
PATHS = {title: title.lower().replace(" ", "_") for title in QUESTIONS} | {"Overview": ""}
CHARTS = {
    "Overview": 1,
    "Retention": 7,
    "Recruitment": 7,
    "Participation": 5,
    "Debriefs": 3,
    "Wellbeing": 6,
    "Impact": 6,
    "Benchmarks": 2,
    "Principle 6": 0,
    "About the data": 0,
    "Operations": 0,
    "Your data": 0,
}
# This one shows no figure, and so opens no file.
WITH_FIGURES = [title for title in PATHS if title != "Your data"]
# What the law asks for: WCAG 2.2 up to AA, as axe-core can judge it.
AUDITED = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js"))
DRAWN = [title for title, count in CHARTS.items() if count]
# Charts with a calendar along the axis: each marks the programme's end and the first lockdown.
DATED = {
    "Overview": 1, "Retention": 6, "Recruitment": 6, "Participation": 3, "Debriefs": 0, "Wellbeing": 4,
    "Impact": 0, "Benchmarks": 1,
}  # fmt: skip
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


def answer(
    dashboard: Dashboard, path: str, method: str = "GET", **headers: str
) -> http.client.HTTPResponse:
    """One plain request. A `Host` header may be given; otherwise it is the address's own."""
    connection = http.client.HTTPConnection("127.0.0.1", dashboard.port, timeout=30)
    connection.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


def websocket_status(dashboard: Dashboard, origin: str | None) -> tuple[int, str]:
    """The status and head of the answer to a websocket handshake."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        "GET /_stcore/stream HTTP/1.1",
        f"Host: 127.0.0.1:{dashboard.port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Protocol: streamlit",
        *([f"Origin: {origin}"] if origin else []),
    ]
    with socket.create_connection(("127.0.0.1", dashboard.port), timeout=30) as line:
        line.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        head = b""
        while b"\r\n\r\n" not in head:
            part = line.recv(4096)
            if not part:
                break
            head += part
    text = head.decode("latin-1")
    return int(text.split(" ", 2)[1]), text.lower()


def audit(visit: Visit) -> list[str]:
    """What axe-core has against the page as it stands: rule, how often, and the first place."""
    # Handed to the browser itself, since the page's own policy lets no foreign script in.
    visit.page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = visit.page.evaluate(
        """async rules => {
            const found = await axe.run(document, {runOnly: rules});
            if (found.passes.length < 10) return ['the auditor looked at next to nothing'];
            return found.violations.map(
                v => `${v.id} (${v.nodes.length}): ${v.nodes[0].html.slice(0, 200)}`);
        }""",
        AUDITED,
    )
    return found


@pytest.fixture(scope="module")
def opened(
    request: pytest.FixtureRequest, laptop: BrowserContext, dashboard: Dashboard
) -> Iterator[Visit]:
    """The page of a title with all its charts drawn, for the tests that look and change nothing.

    It costs seconds to open one, so those of one title come one after the other.
    """
    with visiting(laptop, dashboard) as made:
        made.open(PATHS[request.param])
        made.charts(CHARTS[request.param])
        yield made


def of_titles(titles: Iterable[str]) -> pytest.MarkDecorator:
    """The test with the page of each title, and the title."""
    return pytest.mark.parametrize(
        ("opened", "title"),
        [(title, title) for title in titles],
        indirect=["opened"],
        ids=titles,
        # Otherwise pytest takes one test after the other, and not one page after the other.
        scope="module",
    )


def test_the_sidebar_leads_to_every_page_and_none_opens_more_than_the_boards_files(
    visit: Visit, dashboard: Dashboard
) -> None:
    """Each page asks one question. A file that may not be read would stop a page that reads it; files
    that are held open are looked at too."""
    secret = dashboard.home / "published" / "versions" / "v1" / "analyst"
    secret.mkdir(exist_ok=True)
    os.mkfifo(secret / "analyst.duckdb")  # whoever opens it waits for ever
    lake = dashboard.home / "lake"
    lake.mkdir(exist_ok=True)
    os.mkfifo(lake / "hr_staff.parquet")
    visit.open()
    for title, question in QUESTIONS.items():
        visit.page.get_by_test_id("stSidebarNav").get_by_role(
            "link", name=title, exact=True
        ).click()
        expect(visit.page.locator("h1")).to_have_text(question, timeout=30_000)
        visit.settle()
        visit.charts(CHARTS[title])
        assert visit.page.locator("h1").count() == 1
    held = set()
    for link in Path(f"/proc/{dashboard.process.pid}/fd").iterdir():
        try:
            held.add(str(link.readlink()))
        except FileNotFoundError:
            continue
    allowed = {
        str(dashboard.home / "published" / "versions" / "v1" / "board" / "board.duckdb"),
        str(dashboard.home / "published" / "last_night.json"),
    }
    assert {path for path in held if path.startswith(str(dashboard.home))} <= allowed


@of_titles(PATHS)
def test_a_page_passes_the_audit_asks_nothing_of_the_outside_and_keeps_to_its_policy(
    title: str, opened: Visit
) -> None:
    """With its first table open, whose code is fetched only then."""
    visit = opened
    if CHARTS[title]:
        visit.page.get_by_text("Show the figures").first.click()
    if title in WITH_FIGURES:
        expect(visit.page.get_by_test_id("stDataFrame").first).to_be_visible(timeout=30_000)
    assert audit(visit) == []
    own = urlsplit(visit.address).netloc
    assert visit.requested
    foreign = [
        url
        for url in visit.requested
        if urlsplit(url).scheme not in {"data", "blob"} and urlsplit(url).netloc != own
    ]
    assert foreign == []
    # Streamlit looks for its own root below a page's address first; that is the only 404.
    assert [said for said in visit.complaints if "404" not in said] == []


@of_titles(DRAWN)
def test_every_chart_has_words_a_table_and_a_csv(title: str, opened: Visit) -> None:
    visit = opened
    described = visit.page.locator("[role='graphics-document']").evaluate_all(
        "charts => charts.map(chart => chart.getAttribute('aria-label'))"
    )
    assert len(described) == CHARTS[title]
    assert all(re.search(r"\d", words or "") for words in described)
    assert visit.page.get_by_text("Show the figures").count() == CHARTS[title]
    button = visit.page.get_by_role("button", name="Download as CSV").first
    with visit.page.expect_download(timeout=30_000) as download:
        button.click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    synthetic = "no" if title == "Benchmarks" else "yes"
    held = csv.DictReader(io.StringIO(text))
    # A table with a period or a number of its own is told of them in its own columns.
    assert {"synthetic", "as_at", "period", "n", "source", "version"} <= set(held.fieldnames or ())
    assert {row["synthetic"] for row in held} == {synthetic}
    assert ("synthetic" in download.value.suggested_filename) == (synthetic == "yes")


def test_a_chart_can_be_taken_away_as_a_workbook_and_as_a_picture(visit: Visit) -> None:
    """A PNG begins with these eight bytes; the workbook says of itself that it is synthetic."""
    visit.open("debriefs?period=During")
    visit.charts(CHARTS["Debriefs"])
    visit.page.get_by_text("Show the figures").first.click()
    expect(visit.page.get_by_test_id("stDataFrame").first).to_be_visible(timeout=30_000)
    toolbars = visit.page.get_by_test_id("stElementToolbarButton")
    assert toolbars.filter(has=visit.page.locator("[aria-label^='Download as']")).count() > 0
    assert visit.page.get_by_role("button", name=re.compile("^Download as")).count() == (
        visit.page.get_by_test_id("stDownloadButton").count()
    )
    taken = {}
    for ending in ("XLSX", "PNG"):
        button = visit.page.get_by_test_id("stDownloadButton").filter(has_text=ending).first
        with visit.page.expect_download(timeout=60_000) as download:
            button.click()
        taken[ending] = download.value
    assert taken["PNG"].suggested_filename.startswith("debriefs-debriefs-to-date-")
    assert taken["PNG"].suggested_filename.endswith("-v1-synthetic.png")
    assert Path(taken["PNG"].path()).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    with Path(taken["XLSX"].path()).open("rb") as held:
        book = openpyxl.load_workbook(held)
    assert book.sheetnames == ["Figures", "About these figures"]
    told = {row[0].value: row[1].value for row in book["About these figures"].iter_rows()}
    assert told["Kind of data"].startswith("Synthetic data")


@of_titles(WITH_FIGURES)
def test_every_page_says_that_staff_data_are_synthetic_and_how_old_they_are(
    title: str, opened: Visit
) -> None:
    words = opened.page.get_by_test_id("stMainBlockContainer").inner_text()
    assert "synthetic" in words.lower()
    assert "last good night" in words
    assert re.search(r"(19 March 2026|31 December 2021)", words)


@of_titles(DATED)
def test_the_lockdown_and_the_programmes_end_are_labelled_on_the_drawing(
    title: str, opened: Visit
) -> None:
    for label in ("Programme ends, 31 Jan 2020", "First national lockdown, 23 Mar 2020"):
        assert opened.page.locator("svg text", has_text=label).count() == DATED[title]


@pytest.mark.parametrize(
    ("title", "role", "name"),
    [
        ("Overview", "radio", "Whole record"),
        ("Retention", "radio", "Whole record"),
        ("Recruitment", "radio", "Whole record"),
        ("Participation", "radio", "Whole record"),
        ("Debriefs", "radio", "Whole record"),
        ("Wellbeing", "combobox", "Part of the service"),
        ("Impact", "combobox", "Measure"),
        ("Benchmarks", "combobox", "Indicator"),
    ],
)
def test_the_keyboard_reaches_the_main_filter(
    title: str, role: str, name: str, visit: Visit
) -> None:
    visit.open(PATHS[title])
    # On a busy machine the page stands before its filter does, and a stop that is not there yet
    # cannot be tabbed to.
    expect(visit.page.get_by_role(role, name=name).first).to_be_visible(timeout=30_000)
    visit.settle()
    stops = []
    for _ in range(40):
        visit.page.keyboard.press("Tab")
        reached = visit.page.evaluate(
            """() => {
                const here = document.activeElement;
                return [here.getAttribute('role') || here.tagName,
                        here.getAttribute('aria-label') || here.innerText || ''];
            }"""
        )
        if reached[0] == role and name in reached[1]:
            break
        stops.append(reached[0])
    else:
        pytest.fail(f"40 tab stops did not reach the {role} {name!r}, but these: {stops}")


def test_the_filter_works_by_keyboard_alone(visit: Visit) -> None:
    visit.open("retention")
    visit.page.get_by_role("radio", name="Whole record").focus()
    visit.page.keyboard.press("ArrowRight")
    visit.page.keyboard.press("ArrowRight")
    visit.page.keyboard.press("Enter")
    expect(visit.page.get_by_text("In the 12 months to 31 January 2020")).to_be_visible(
        timeout=30_000
    )


def test_a_choice_stands_in_the_link_and_holds_across_pages(visit: Visit) -> None:
    """Chosen once: on a page without the choice it waits, and on the next it is in the link again."""
    visit.open("retention?period=During&scope=Social+workers")
    expect(visit.page.get_by_text("In the 12 months to 31 January 2020")).to_be_visible(
        timeout=30_000
    )
    for title in ("Benchmarks", "Debriefs"):
        visit.page.get_by_role("link", name=title, exact=True).click()
        expect(visit.page.locator("h1")).to_have_text(QUESTIONS[title], timeout=30_000)
        visit.settle()
    expect(visit.page.get_by_role("radio", name="During")).to_be_checked(timeout=30_000)
    expect(visit.page).to_have_url(
        re.compile(r"/debriefs\?(period=During&scope=Social\+workers|scope=.*period=During)")
    )


def test_nonsense_in_a_link_falls_away_with_a_sentence_and_is_never_shown(visit: Visit) -> None:
    visit.open("benchmarks?council=%3Cb%3Ebold%3C%2Fb%3E&indicator=drop+table&year=1066")
    expect(visit.page.get_by_text("turnover of social workers in")).to_be_visible(timeout=30_000)
    expect(
        visit.page.get_by_text(re.compile("asked for something that is not known"))
    ).to_be_visible()
    assert "bold" not in visit.page.get_by_test_id("stMainBlockContainer").inner_text()


def test_any_council_can_be_chosen(visit: Visit) -> None:
    visit.open("benchmarks")
    box = visit.page.get_by_role("combobox", name="Council")
    box.click()
    box.fill("Leeds")
    box.press("Enter")
    visit.settle()
    expect(visit.page.get_by_test_id("stMainBlockContainer")).to_contain_text(
        re.compile(r"turnover of social workers in Leeds was"), timeout=30_000
    )


@pytest.mark.parametrize("title", list(PATHS))
def test_at_320_pixels_nothing_runs_off_the_side(
    title: str, phone: BrowserContext, dashboard: Dashboard
) -> None:
    with visiting(phone, dashboard) as narrow:
        narrow.open(PATHS[title])
        narrow.charts(CHARTS[title])
        wide = narrow.page.evaluate(
            """() => {
            const main = document.querySelector('[data-testid="stMain"]');
            const block = document.querySelector('[data-testid="stMainBlockContainer"]');
            const over = [...block.querySelectorAll('h1, h2, p, li, td, th, label, summary, svg')]
                .filter(e => e.getBoundingClientRect().width > 0 &&
                             e.getBoundingClientRect().right > 321)
                .map(e => e.tagName + ': ' + (e.innerText || '').slice(0, 40));
            return [main.scrollWidth, over];
        }"""
        )
    assert wide == [320, []]


@pytest.mark.parametrize(
    "path", ["/", "/retention", "/_stcore/health", "/favicon.png", "/no/such/page.js", "/%2e%2e/x"]
)
def test_every_answer_carries_the_headers(path: str, dashboard: Dashboard) -> None:
    response = answer(dashboard, path)
    for name, value in HEADERS.items():
        assert response.getheader(name) == value
    policy = response.getheader("content-security-policy") or ""
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy


@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/_stcore/host-config", "/favicon.png"])
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_a_request_from_a_foreign_origin_is_refused(
    path: str, origin: str, dashboard: Dashboard
) -> None:
    response = answer(dashboard, path, Origin=origin)
    assert response.status == 403
    assert response.getheader("x-content-type-options") == "nosniff"


def test_a_foreign_host_name_is_refused(dashboard: Dashboard) -> None:
    assert answer(dashboard, "/", Host=f"evil.example:{dashboard.port}").status == 403
    assert answer(dashboard, "/", Host=f"localhost:{dashboard.port}").status == 200


def test_a_websocket_of_a_foreign_origin_is_refused(dashboard: Dashboard) -> None:
    for origin in ("http://evil.example", "null", f"http://localhost:{dashboard.port}"):
        status, head = websocket_status(dashboard, origin)
        assert status == 403
        assert "x-content-type-options: nosniff" in head


def test_a_websocket_of_its_own_page_is_accepted_with_the_headers(dashboard: Dashboard) -> None:
    status, head = websocket_status(dashboard, dashboard.address)
    assert status == 101
    assert "frame-ancestors 'none'" in head


def test_it_listens_on_the_loopback_interface_alone(dashboard: Dashboard) -> None:
    """/proc/net/tcp gives each listening socket's address in hexadecimal, byte by byte from the
    last: 127.0.0.1 is 0100007F. State 0A is listening."""
    suffix = f":{dashboard.port:04X}"
    listening = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[1].endswith(suffix) and fields[3] == "0A":
                listening.append(fields[1].split(":")[0])
    assert listening == ["0100007F"]


def test_a_new_version_appears_without_a_restart(browser: Browser, tmp_path: Path) -> None:
    """The second version has 50 more people at every month end: 212 and then 262 at the last."""
    make_home(tmp_path)
    publish(tmp_path, Board(version="v2", headcount_shift=50))
    flip(tmp_path, "v1")
    running = start(tmp_path)
    context = browser.new_context()
    try:
        reader = Visit(context.new_page(), running.address)
        reader.open()
        card = reader.page.locator("table.scorecard td.now .figure").first
        expect(card).to_have_text("212", timeout=30_000)
        flip(tmp_path, "v2")
        reader.page.reload()
        expect(card).to_have_text("262", timeout=30_000)
        flip(tmp_path, "v1")
        reader.page.get_by_role("radio", name="After").click()
        expect(card).to_have_text("212", timeout=30_000)
    finally:
        context.close()
        stop(running)


def test_a_home_without_figures_is_a_sentence_and_no_fault(
    browser: Browser, tmp_path: Path
) -> None:
    running = start(tmp_path)
    context = browser.new_context()
    try:
        reader = Visit(context.new_page(), running.address)
        # The first visitor after a start may come by a link to any page.
        reader.open("participation")
        assert reader.page.locator("h1").inner_text() == QUESTIONS["Participation"]
        expect(reader.page.get_by_text("No figures have been published yet")).to_be_visible(
            timeout=30_000
        )
        assert reader.page.locator("h1").count() == 1
    finally:
        context.close()
        stop(running)

"""The dashboard in a real browser, served by the command as a user would start it."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlparse

import httpx
import pytest

from tests.projects import WALL, Small, seasonal

pytestmark = [
    pytest.mark.xdist_group("browser"),
    # Playwright's event loop closes its pipes when Python ends.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# What a container needs, and no errand of the browser's own.
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
PATIENCE = 300  # seconds, on a busy machine


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium; without one these tests are not run, and say so."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here, so the dashboard was not opened in a browser: apt-get install chromium")
    api = pytest.importorskip("playwright.sync_api", reason="Playwright, which drives the browser, is not installed")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, timeout=1000 * PATIENCE)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def served(browser: Any, tmp_path_factory: pytest.TempPathFactory, _sqlite_template: bytes) -> Iterator[str]:
    """`tsflow dashboard` on a database with two slots; yields its address."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "tsflow.db").write_bytes(_sqlite_template)
    project = Small(folder, f"sqlite:///{folder / 'tsflow.db'}")
    project.configure(architectures=["stage"])
    for months in (72, 73):
        project.write(seasonal(months=months))
        project.run(WALL)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from tsflow.cli import main; main()", "dashboard"]
    options = ["--config", project.config, "--port", str(port)]
    environment = {name: value for name, value in os.environ.items() if name != "TSFLOW_DATABASE"}
    with (folder / "log").open("w") as log:
        server = subprocess.Popen([*command, *options], env=environment, stdout=log, stderr=log)
        try:
            _wait_for(f"http://127.0.0.1:{port}/_stcore/health", server, folder / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(PATIENCE)


def _wait_for(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and server.poll() is None:
        try:
            if httpx.get(address).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail(f"the dashboard did not start: {log.read_text()}")


@pytest.fixture
def page(browser: Any, served: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A fresh page; the test fails if it asked any other machine for something."""
    context = browser.new_context(base_url=served, **getattr(request, "param", {}))
    context.set_default_timeout(1000 * PATIENCE)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda call: asked.append(call.url))
    yield page
    context.close()
    assert {urlparse(url).hostname for url in asked if url.startswith(("http", "ws"))} == {"127.0.0.1"}


def test_a_series_is_found_by_keyboard_and_its_address_can_be_shared(page: Any) -> None:
    page.goto("/series")
    page.locator(".js-plotly-plot").wait_for()
    page.get_by_label("Search", exact=True).focus()
    page.keyboard.type("b")
    page.get_by_text("Series (1)", exact=True).wait_for()
    page.wait_for_function("window.location.search.includes('search=b')")
    slider = page.get_by_role("slider")
    assert slider.get_attribute("aria-valuetext") == "2024-02-01"
    slider.focus()
    page.keyboard.press("ArrowLeft")
    page.get_by_text("Issued 2024-01-01").wait_for()
    page.wait_for_function("window.location.search.includes('as_of=2024-01-01')")
    page.get_by_role("combobox", name="Beside it, the forecasts issued at").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("option", name="2024-02-01").click()
    page.wait_for_function("window.location.search.includes('beside=2024-02-01')")
    page.keyboard.press("Escape")  # an open list hides the rest of the page from assistive tools
    link = page.get_by_role("link", name="Link to this view")
    page.locator("a[href*='beside=2024-02-01']").wait_for()  # it is drawn after the address has changed
    shared = page.context.new_page()
    for address in (page.url, link.get_attribute("href")):
        shared.goto(urljoin(page.url, address))
        shared.get_by_text("Issued 2024-01-01").wait_for()
        assert shared.get_by_role("slider").get_attribute("aria-valuetext") == "2024-01-01"
        shared.locator(".js-plotly-plot .legendtext").get_by_text("2024-02-01").wait_for()


@pytest.mark.parametrize("page", [{"viewport": {"width": 400, "height": 800}, "color_scheme": "dark"}], indirect=True)
def test_a_page_fits_a_telephone_and_is_dark_where_the_system_is(page: Any) -> None:
    page.goto("/series")
    page.locator(".js-plotly-plot").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    background = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    red, green, blue = (int(part) for part in background.removeprefix("rgb(").removesuffix(")").split(","))
    assert max(red, green, blue) < 100

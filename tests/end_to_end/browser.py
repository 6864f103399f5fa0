"""A real Chromium without a screen, for tests that look at pages as people do."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

from twisted.trial.unittest import SkipTest

SECONDS = 15

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
)


@cache
def shared_browser() -> Browser:
    """The browser of this process; it takes longer to start than to look at many pages.

    Raises: SkipTest when there is none here.
    """
    browser = Browser()
    atexit.register(browser.close)
    return browser


class Browser:
    """A browser with a profile of its own, which goes with it. `driver` is selenium's.

    Raises: SkipTest when there is no browser here.
    """

    def __init__(self) -> None:
        chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
        if chromium is None or chromedriver is None:
            raise SkipTest("chromium or chromedriver is not installed")
        try:
            from selenium import webdriver
            from selenium.webdriver.chrome.service import Service
        except ImportError:
            raise SkipTest("selenium is not installed") from None
        self.profile = tempfile.mkdtemp(prefix="tnet-browser-")
        options = webdriver.ChromeOptions()
        options.binary_location = chromium
        for flag in (*FLAGS, f"--user-data-dir={self.profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        service = Service(chromedriver, popen_kw={"start_new_session": True})
        self.driver: Any = None
        try:
            self.driver = webdriver.Chrome(options=options, service=service)
        finally:
            self._group = service.process.pid if service.process is not None else 0
            if self.driver is None:
                self.close()
        self.driver.set_page_load_timeout(SECONDS)
        self.driver.set_script_timeout(SECONDS)

    def close(self) -> None:
        """End it, and whatever it has started."""
        if self.driver is not None:
            self.driver.quit()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._group, signal.SIGKILL)
        shutil.rmtree(self.profile, ignore_errors=True)

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script returns."""
        return self.driver.execute_script(script, *arguments)

    def find(self, selector: str) -> Any:
        """The first element that a selector finds."""
        return self.driver.find_element("css selector", selector)

    def all(self, selector: str) -> list[Any]:
        """Every element that a selector finds."""
        found: list[Any] = self.driver.find_elements("css selector", selector)
        return found

    def press(self, *keys: str) -> None:
        """Press keys, wherever the focus is."""
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.driver).send_keys(*keys).perform()

    def wait(self, what: str, *arguments: Any) -> Any:
        """What a JavaScript expression is, once it is true."""
        from selenium.common.exceptions import StaleElementReferenceException
        from selenium.webdriver.support.wait import WebDriverWait

        waiting = WebDriverWait(self.driver, SECONDS, 0.02, (StaleElementReferenceException,))
        return waiting.until(lambda driver: driver.execute_script(f"return {what}", *arguments), f"never: {what}")

    def await_one(self, selector: str) -> Any:
        """The first element that a selector finds, once there is one; for pages without scripts, too."""
        from selenium.webdriver.support.wait import WebDriverWait

        waiting = WebDriverWait(self.driver, SECONDS, 0.02)
        return waiting.until(lambda driver: driver.find_element("css selector", selector), f"never: {selector}")

    def await_address(self, part: str) -> None:
        """Come back when the page's address has that in it; for pages without scripts, too."""
        from selenium.webdriver.support.wait import WebDriverWait

        waiting = WebDriverWait(self.driver, SECONDS, 0.02)
        waiting.until(lambda driver: part in driver.current_url, f"never: {part}")

    def emulate(self, command: str, **parameters: Any) -> None:
        """Pretend to be on another device."""
        self.driver.execute_cdp_cmd(f"Emulation.{command}", parameters)

    def complaints(self) -> list[str]:
        """What the console has said since the last time, but for favicons that are not there."""
        said = [entry["message"] for entry in self.driver.get_log("browser")]
        return [message for message in said if "favicon.ico" not in message]

    @contextmanager
    def without_scripts(self) -> Iterator[None]:
        """Pages run no scripts meanwhile."""
        self.emulate("setScriptExecutionDisabled", value=True)
        try:
            yield
        finally:
            self.emulate("setScriptExecutionDisabled", value=False)

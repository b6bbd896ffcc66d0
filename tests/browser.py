"""A real browser for tests of pages: headless Chromium, which opens files and nothing else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

DESKTOP, PHONE = 1200, 390
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
# WCAG 2.2, relative luminance and contrast ratio.
_CONTRAST = """
const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
function rgba(colour) {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  return canvas.getImageData(0, 0, 1, 1).data;
}
function light(colour) {
  const linear = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const [r, g, b] = [...rgba(colour)].map(v => linear(v / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function behind(element) {
  for (let at = element; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if (rgba(colour)[3]) return colour;
  }
  return 'white';
}
const worst = {};
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  const box = element.getBoundingClientRect();
  if (!walker.currentNode.data.trim() || !box.width || ['title', 'desc'].includes(element.tagName)) continue;
  const style = getComputedStyle(element);
  const [a, b] = [light(element.closest('svg') ? style.fill : style.color), light(behind(element))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const name = element.tagName + '.' + (element.getAttribute('class') || '');
  worst[name] = Math.min(worst[name] ?? 99, ratio);
}
return worst;
"""


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser with one window."""

    driver: Any

    def open(self, path: Path, width: int = DESKTOP, scheme: str = "light", media: str = "") -> None:
        """Shows a file as wide as a desktop or a phone, by day or by night, on a screen or on paper."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < DESKTOP}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
        self.driver.get(path.as_uri())

    def run(self, script: str) -> Any:
        """What a script returns that the test, not the page, brings along."""
        return self.driver.execute_script(script)

    def complaints(self) -> list[str]:
        """What the console says, requests that the page's own policy refused among it."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Everything that the page loaded beside itself."""
        entries: list[str] = self.run("return performance.getEntriesByType('resource').map(e => e.name)")
        return entries

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        script = "const e = document.documentElement; return e.scrollWidth - e.clientWidth"
        pixels: int = self.run(script)
        return pixels

    def contrasts(self) -> dict[str, float]:
        """The lowest contrast of each kind of text with what is behind it; folded parts are opened."""
        self.run("document.querySelectorAll('details').forEach(e => e.open = true)")
        found: dict[str, float] = self.run(_CONTRAST)
        return found

    def pdf(self) -> str:
        """The printed page, in base64."""
        data: str = self.driver.execute_cdp_cmd("Page.printToPDF", {})["data"]
        return data


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium for the whole session. Without one the test is skipped, in CI it fails."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not (chromium and driver):
        missing = "chromium and chromedriver are not on PATH (Debian: apt install chromium chromium-driver)"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    options = Options()
    options.binary_location = chromium
    for flag in (*_FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    window = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield Browser(window)
    finally:
        window.quit()

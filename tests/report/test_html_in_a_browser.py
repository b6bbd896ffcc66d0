"""The page as a browser shows it."""

from __future__ import annotations

import base64
from itertools import pairwise

import pytest

from ai_platform.report.html import html
from tests.browser import DESKTOP, PHONE, Browser
from tests.report.samples import hostile, large, sample
from tests.report.test_markdown import ATTACKS

pytestmark = pytest.mark.engine
LEAST_CONTRAST = 4.5


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(html(sample()), encoding="utf-8")
    return path


def test_it_loads_nothing_and_the_console_is_silent(browser: Browser, file):
    browser.open(file)
    assert browser.complaints() == []
    assert browser.requests() == []
    assert browser.run("return document.scripts.length") == 0


def test_charts_are_drawn_with_a_bar_for_each_side_of_each_line(browser: Browser, file):
    browser.open(file)
    script = """return Object.fromEntries([...document.querySelectorAll('figure')].map(figure => [figure.id, {
        size: [figure.querySelector('svg').getBoundingClientRect()].map(b => [b.width, b.height])[0],
        bars: [...figure.querySelectorAll('rect')].map(bar => bar.getBoundingClientRect().width),
        named: ['title', 'desc'].every(name => figure.querySelector('svg > ' + name).textContent),
    }]))"""
    charts = browser.run(script)
    # The pool that goes has a bar on one side only.
    bars = {"gpus-by-pool": 3, "cost-by-pool": 5, "difference-by-pool": 3, "cost-by-team": 6}
    assert {name: len(chart["bars"]) for name, chart in charts.items()} == bars
    for chart in charts.values():
        assert min(chart["size"]) > 50
        assert min(chart["bars"]) > 0.5
        assert chart["named"]


def test_lengths_of_bars_are_those_of_the_numbers(browser: Browser, file):
    browser.open(file)
    script = """return [...document.querySelectorAll('#gpus-by-pool rect')]
        .map(bar => bar.getBoundingClientRect().width)"""
    before, after, other = browser.run(script)
    assert after / before == pytest.approx(48 / 32, rel=0.01)
    assert before / other == pytest.approx(32 / 16, rel=0.01)


@pytest.mark.parametrize("width", [PHONE, 320, DESKTOP])
def test_the_page_is_never_wider_than_the_window(browser: Browser, file, width):
    browser.open(file, width)
    browser.run("document.querySelectorAll('details').forEach(e => e.open = true)")
    assert browser.overflow() == 0


def test_numbers_of_charts_stay_in_the_picture_on_a_phone(browser: Browser, file):
    browser.open(file, PHONE)
    script = """return Math.max(...[...document.querySelectorAll('svg text')]
        .map(text => text.getBoundingClientRect().right))"""
    assert browser.run(script) <= PHONE


def test_text_is_large_enough_on_a_phone(browser: Browser, file):
    browser.open(file, PHONE)
    script = """return Math.min(...[...document.querySelectorAll('svg text, td, th, p, li, small')]
        .map(e => parseFloat(getComputedStyle(e).fontSize)))"""
    assert browser.run(script) >= 11


def test_a_table_that_is_wider_scrolls_within_itself_and_by_keyboard(browser: Browser, file):
    browser.open(file, PHONE)
    script = """return [...document.querySelectorAll('table')].map(t => {
        const box = t.parentElement;
        const wider = t.getBoundingClientRect().width > box.clientWidth;
        return [wider, box.tabIndex, getComputedStyle(box).overflowX];
    })"""
    found = browser.run(script)
    assert any(wider for wider, *_ in found)
    assert all(rest == [0, "auto"] for _, *rest in found)


def test_night_changes_colours(browser: Browser, file):
    script = """const style = getComputedStyle(document.body);
        const bar = getComputedStyle(document.querySelector('rect.after'));
        return [style.color, style.backgroundColor, bar.fill]"""
    browser.open(file, scheme="light")
    day = browser.run(script)
    browser.open(file, scheme="dark")
    night = browser.run(script)
    assert all(one != other for one, other in zip(day, night, strict=True))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_told_from_what_is_behind_it(browser: Browser, file, scheme):
    browser.open(file, scheme=scheme)
    found = browser.contrasts()
    assert len(found) > 10
    assert {name: ratio for name, ratio in found.items() if ratio < LEAST_CONTRAST} == {}


def test_headings_and_tables_are_there_for_who_cannot_see(browser: Browser, file):
    browser.open(file)
    levels = browser.run("return [...document.querySelectorAll('h1,h2,h3')].map(h => +h.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert browser.run("return [...document.querySelectorAll('table')].every(t => t.caption && t.tHead)")
    assert browser.run("return [...document.querySelectorAll('th')].every(t => t.scope)")
    ids = browser.run("return [...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    assert browser.run("return document.documentElement.lang") == "en"


def test_what_is_folded_is_printed(browser: Browser, file):
    script = "return [...document.querySelectorAll('details li')].map(e => e.checkVisibility())"
    browser.open(file)
    assert not any(browser.run(script))
    browser.open(file, media="print")
    assert all(browser.run(script))
    assert base64.b64decode(browser.pdf()).startswith(b"%PDF-")


@pytest.mark.parametrize("attack", [*ATTACKS, "".join(ATTACKS)])
def test_no_text_becomes_an_element(browser: Browser, tmp_path, attack):
    path = tmp_path / "report.html"
    path.write_text(html(hostile([attack])), encoding="utf-8")
    browser.open(path, PHONE)
    assert browser.complaints() == []
    kinds = set(browser.run("return [...document.querySelectorAll('*')].map(e => e.localName)"))
    assert not kinds & {"script", "img", "iframe", "form", "input", "object", "embed"}
    targets = browser.run("return [...document.querySelectorAll('a')].map(a => a.getAttribute('href'))")
    assert all(target.startswith("#") for target in targets)
    assert browser.overflow() == 0


def test_a_large_report_opens(browser: Browser, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(html(large(500)), encoding="utf-8")
    browser.open(path)
    assert browser.run("return document.querySelectorAll('#changes > details').length") == 500

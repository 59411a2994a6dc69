"""The pages in Chromium: no errors, no network, sorting, filters, nothing wider than the window, light and dark."""

from __future__ import annotations

import base64
import csv
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from PIL import Image

from unbraid.evaluation.__main__ import main as evaluate
from unbraid.evaluation.reporting.aggregate import main as aggregate
from unbraid.evaluation.reporting.report import main as report

CHROMIUM, DRIVER = (shutil.which(name) for name in ("chromium", "chromedriver"))
pytestmark = [pytest.mark.slow, pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver: apt-get install chromium chromium-driver")]
WIDTHS = (390, 1280)  # a phone and a desktop
SCHEMES = ("light", "dark")


@pytest.fixture(scope="module")
def browser() -> Iterator:
    webdriver = pytest.importorskip("selenium.webdriver")
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def board(tmp_path: Path, write_result) -> Path:
    """Three models of two methods on three-dots, one of which lacks dci, and one model on shapes3d."""
    for name, method, mig in (("a", "vae", 0.2), ("b", "vae", 0.1), ("c", "jlonevae", 0.3)):
        write_result(name, scores={"discrete_mig": mig}, method=method, data_set="threeDots")
    write_result("a", "dci", {"disentanglement": 0.02}, data_set="threeDots")
    write_result("b", "dci", {"disentanglement": 0.1}, data_set="threeDots")
    write_result("d", data_set="shapes3d")
    assert aggregate(["--leaderboard", str(tmp_path)]) == 0
    return tmp_path / "leaderboard.html"


@pytest.fixture
def pages(tmp_path: Path, board: Path, two_runs: list[Path]) -> list[Path]:
    assert report([str(two_runs[0])]) == 0
    assert report([*map(str, two_runs), "--output_path", str(tmp_path / "several.html")]) == 0
    return [board, two_runs[0] / "report.html", tmp_path / "several.html"]


def show(browser, page: Path, width: int = 1280, scheme: str = "light") -> None:
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                            {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 500})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia",
                            {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    browser.get(page.as_uri())


def column(browser, index: int, table: str = "[data-board=threeDots]") -> list[str]:
    return browser.execute_script(
        f"return [...document.querySelectorAll('{table} tbody tr')].filter(r => !r.hidden)"
        f".map(r => r.cells[{index}].dataset.value ?? r.cells[{index}].textContent.trim())")


def header(browser, text: str):
    from selenium.webdriver.common.by import By

    return next(one for one in browser.find_elements(By.CSS_SELECTOR, "[data-board=threeDots] th")
                if one.text.startswith(text))


def test_pages_fit_make_no_errors_and_ask_for_nothing(browser, pages: list[Path]) -> None:
    for page in pages:
        for width in WIDTHS:
            for scheme in SCHEMES:
                browser.get_log("performance")
                show(browser, page, width, scheme)
                assert browser.execute_script("return document.documentElement.scrollWidth") <= width, (page, width)
                assert browser.get_log("browser") == []
                requests = [entry["message"] for entry in browser.get_log("performance")
                            if "Network.requestWillBeSent\"" in entry["message"]]
                assert all('"url":"file://' in one or '"url":"data:' in one for one in requests)
                assert not any('"url":"http' in one for one in requests)


def test_colours_follow_the_scheme(browser, board: Path) -> None:
    colors = []
    for scheme in SCHEMES:
        show(browser, board, scheme=scheme)
        colors.append(browser.execute_script("const s = getComputedStyle(document.body);"
                                             "return [s.backgroundColor, s.color]"))
    assert colors == [["rgb(255, 255, 255)", "rgb(27, 29, 34)"], ["rgb(22, 24, 29)", "rgb(231, 233, 238)"]]


def test_headers_sort_by_mouse_and_keyboard(browser, board: Path) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    show(browser, board)
    assert column(browser, 0) == ["a", "b", "c"]
    mig = header(browser, "MIG")
    mig.find_element(By.TAG_NAME, "button").click()
    assert (column(browser, 0), mig.get_attribute("aria-sort")) == (["c", "a", "b"], "descending")
    mig.find_element(By.TAG_NAME, "button").send_keys(Keys.ENTER)
    assert (column(browser, 0), mig.get_attribute("aria-sort")) == (["b", "a", "c"], "ascending")
    model = header(browser, "model")
    model.find_element(By.TAG_NAME, "button").send_keys(Keys.SPACE)
    assert (column(browser, 0), mig.get_attribute("aria-sort")) == (["a", "b", "c"], None)
    assert browser.find_element(By.ID, "status").text == "Sorted by model, ascending."


def test_gaps_stay_at_the_end(browser, board: Path) -> None:
    from selenium.webdriver.common.by import By

    show(browser, board)
    button = header(browser, "DCI").find_element(By.TAG_NAME, "button")
    for expected in (["b", "a", "c"], ["a", "b", "c"]):
        button.click()
        assert column(browser, 0) == expected


def test_filters_choose_data_set_and_method(browser, board: Path) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.select import Select

    show(browser, board)
    data_set, method = (Select(one) for one in browser.find_elements(By.TAG_NAME, "select"))
    method.select_by_visible_text("jlonevae")
    assert column(browser, 0) == ["c"]
    shown = [one.is_displayed() for one in browser.find_elements(By.CSS_SELECTOR, "[data-board]")]
    assert shown == [False, True]
    assert browser.find_element(By.ID, "status").text == "1 model shown."
    method.select_by_visible_text("all")
    data_set.select_by_visible_text("shapes3d")
    shown = [one.is_displayed() for one in browser.find_elements(By.CSS_SELECTOR, "[data-board]")]
    assert shown == [True, False]


def test_texts_of_charts_do_not_overlap_or_leave_their_chart(browser, pages: list[Path]) -> None:
    for width in WIDTHS:
        show(browser, pages[2], width)
        wrong = browser.execute_script("""
            const wrong = [];
            for (const svg of document.querySelectorAll("figure > svg")) {
              const frame = svg.getBoundingClientRect();
              const texts = [...svg.querySelectorAll("text")].filter(t => t.textContent)
                .map(t => [t.textContent, t.getBoundingClientRect()]);
              texts.forEach(([name, box], i) => {
                if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1) {
                  wrong.push(name + " leaves its chart"); }
                for (const [other, its] of texts.slice(i + 1)) {
                  if (box.left < its.right - 1 && its.left < box.right - 1 && box.top < its.bottom - 2
                      && its.top < box.bottom - 2) { wrong.push(name + " overlaps " + other); } } });
            }
            return wrong;""")
        assert wrong == []


@pytest.fixture(scope="module")
def own_report(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a small real export on three-dots, with matrices and traversals."""
    run = tmp_path_factory.mktemp("browsed") / "small"
    shutil.copytree(exported, run / "representation")
    assert evaluate(["--model_dir", str(run / "representation"), "--output_dir", str(run / "metrics"), "--jobs", "1",
                     "--gin_config", "mig", "modularity_explicitness", "--gin_bindings", "mig.num_train = 200",
                     "modularity_explicitness.num_train = 200", "modularity_explicitness.num_test = 100"]) == 0
    assert report([str(run)]) == 0
    return run / "report.html"


def matrix(browser) -> list[list[str]]:
    return browser.execute_script("return [...document.querySelector('.matrix').rows].map(r => [...r.cells].map("
                                  "c => c.dataset.value ?? c.textContent.trim()))")


def press(browser, text: str, inside: str) -> None:
    browser.execute_script(f"[...document.querySelectorAll('{inside} .tools button')]"
                           f".find(b => b.textContent === '{text}').click()")


def test_matrices_say_their_values_and_sort(browser, own_report: Path) -> None:
    show(browser, own_report)
    original = matrix(browser)
    browser.execute_script("const cell = document.querySelector('.matrix').rows[2].cells[3];"
                           "cell.dispatchEvent(new PointerEvent('pointerover', {bubbles: true}))")
    shown = browser.execute_script("return document.querySelector('.readout').textContent")
    assert shown == f"{original[2][0]}, {original[0][3]}: {original[2][3]} nats"
    browser.execute_script("document.querySelector('.matrix').rows[1].cells[0].click()")
    first = [float(value) for value in matrix(browser)[1][1:]]
    assert first == sorted(first, reverse=True)
    browser.execute_script("document.querySelector('.matrix').rows[0].cells[1].click()")
    column = [float(row[1]) for row in matrix(browser)[1:]]
    assert column == sorted(column, reverse=True)
    assert sorted(map(sorted, matrix(browser))) == sorted(map(sorted, original)), "values only change their places"
    press(browser, "Original order", ".heat")
    assert matrix(browser) == original
    press(browser, "Match codes to factors", ".heat")
    matched = [[float(value) for value in row[1:]] for row in matrix(browser)[1:]]
    assert matched[0][0] == max(matched[0])


def test_downloads_are_the_numbers_and_pictures_of_the_page(browser, own_report: Path) -> None:
    """What a click saves is caught at the link that the page makes for it."""
    show(browser, own_report)
    browser.execute_script("window.saved = []; HTMLAnchorElement.prototype.click = function () {"
                           "window.saved.push([this.download, this.href]); }")
    press(browser, "CSV", ".heat")
    press(browser, "PNG", ".pictures")
    press(browser, "SVG", "figure[data-download]")
    press(browser, "PNG", "figure[data-download]")
    browser.execute_async_script("setTimeout(arguments[0], 500)")
    saved = dict(browser.execute_script("return window.saved"))
    table = list(csv.reader(io.StringIO(unquote(saved["mutual_information.csv"].split(",", 1)[1]))))
    assert table == matrix(browser)
    picture = Image.open(io.BytesIO(base64.b64decode(saved["traversals.png"].split(",")[1])))
    assert picture.size[0] == browser.execute_script("return document.querySelector('.strips img').naturalWidth")
    chart = unquote(next(address for name, address in saved.items() if name.endswith(".svg")).split(",", 1)[1])
    assert ElementTree.fromstring(chart).tag == "{http://www.w3.org/2000/svg}svg"
    assert "var(--" not in chart, "a file of its own has no colours of the page"
    assert len([name for name in saved if name.endswith(".png")]) == 2


def test_traversals_move_and_stop(browser, own_report: Path) -> None:
    show(browser, own_report)
    state = "return [...document.querySelectorAll('.film')].map(f => getComputedStyle(f).animationPlayState)"
    assert set(browser.execute_script(state)) == {"running"}
    assert len(browser.execute_script(state)) == 4, "one film a latent"
    press(browser, "Pause", ".moving")
    assert set(browser.execute_script(state)) == {"paused"}
    place = "return getComputedStyle(document.querySelector('.film')).backgroundPositionX"
    press(browser, "Play", ".moving")
    places = set()
    for _ in range(40):
        places.add(browser.execute_script(place))
        browser.execute_async_script("setTimeout(arguments[0], 50)")
    assert len(places) > 3


def test_a_phone_shows_scores_without_scrolling(browser, board: Path, own_report: Path) -> None:
    inside = """return [...document.querySelectorAll('%s')].every(cell => {
        const box = cell.getBoundingClientRect();
        return box.width > 0 && box.left >= 0 && box.right <= window.innerWidth; })"""
    show(browser, board, width=390)
    assert browser.execute_script(inside % "[data-board=threeDots] td[data-value]")
    show(browser, own_report, width=390)
    assert browser.execute_script(inside % ".cards b, .cards .gauge")
    assert browser.execute_script(inside % "table[data-download=scores] td:nth-child(2)")
    assert browser.execute_script(inside % ".film")


def test_rows_of_a_leaderboard_lead_to_reports(browser, tmp_path: Path, board: Path) -> None:
    assert report([str(tmp_path / "a"), "--no_pictures"]) == 0
    assert aggregate(["--leaderboard", str(tmp_path)]) == 0
    show(browser, board)
    links = browser.execute_script("return [...document.querySelectorAll('th a')].map(a => [a.textContent, a.href])")
    assert links == [["a", (tmp_path / "a" / "report.html").as_uri()]]
    assert "[a](a/report.html)" in board.with_suffix(".md").read_text()
    browser.execute_script("document.querySelector('th a').click()")
    assert browser.title == "Report: a"

"""The report in a real browser, from disk: clicks, keys, filters, links, quiz, narrow screens."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import Visit, running_browser
from image_files import sparse_images, write_images
from small_report import COUNT, SPECIES, SmallReport

from darkpixel.cli import main

SHOWN = 10  # events of each source
LABELS = {"signal", "e+é."}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def report(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> SmallReport:
    return SmallReport(tmp_path_factory.mktemp("report"))


@pytest.fixture
def visit(browser: Any) -> Iterator[Visit]:
    """A window; whatever a test does in it, no script fails and nothing leaves the disk."""
    visit = Visit(browser)
    yield visit
    assert visit.problems == []
    visit.close()


def shown(visit: Visit, side: str = "right") -> str:
    return visit.text(f"#{side} figcaption")


def at_start(visit: Visit, report: SmallReport, fragment: str = "") -> None:
    visit.open(report.folder / "events.html", fragment)
    visit.page.wait_for_function("document.querySelector('#left figcaption').textContent !== ''")


@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_opens_and_fits(browser: Any, report: SmallReport, width: int) -> None:
    visit = Visit(browser, width)
    for path in sorted(report.folder.glob("*.html")):
        visit.open(path)
        assert visit.page.locator("h1").count() == 1, path.name
        assert visit.page.locator("nav a").count() == 3
        assert visit.overflow() <= 0, path.name
        for image in visit.page.locator("img").all():
            assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
    visit.page.click("nav a:has-text('Overview')")
    assert "how good it is" in visit.text("h1")
    assert visit.problems == []
    visit.close()


def test_the_browser_decodes_the_pixels_of_the_files(visit: Visit, report: SmallReport) -> None:
    at_start(visit, report, "#dataset=jets&model=lagan")
    decoded = visit.page.evaluate(
        """() => [...darkpixel.loaded].flatMap(([key, parts]) => parts.map((part) => {
            const events = Array.from({length: part.count}, (_, number) => part.event(number));
            return {key, label: part.label, events: events.map((event) => {
                const image = new Array(event.height * event.width).fill(0);
                event.places.forEach((place, at) => { image[place] = event.values[at]; });
                return image;
            })};
        }))"""
    )
    assert {(part["key"], part["label"]) for part in decoded} == {
        (f"jets/{source}", label) for source in ("monte_carlo", "lagan") for label in LABELS
    }
    for part in decoded:
        images = report.images["jets", part["label"], part["key"].partition("/")[2]]
        found = np.array(part["events"], np.float32).reshape(-1, 9, 9)
        np.testing.assert_array_equal(found, images[:SHOWN])


def test_clicks_and_keys_page_through_the_events(visit: Visit, report: SmallReport) -> None:
    at_start(visit, report)
    page = visit.page
    assert shown(visit) == "SARM-2 (D+D), event 0"
    page.click("#next")
    assert (shown(visit), shown(visit, "left")) == ("SARM-2 (D+D), event 1", "simulated, event 1")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert shown(visit).endswith("event 2")
    page.keyboard.press("End")
    assert shown(visit).endswith(f"event {SHOWN - 1}")
    assert page.is_disabled("#next")
    page.keyboard.press("ArrowRight")
    assert shown(visit).endswith(f"event {SHOWN - 1}")
    page.keyboard.press("Shift+M")
    page.wait_for_function("document.querySelector('#right figcaption').textContent[0] === 'L'")
    assert shown(visit) == f"LAGAN, event {SHOWN - 1}"  # another model, the same place
    page.keyboard.press("Home")
    page.fill("#number", "3")
    page.keyboard.press("Enter")
    assert shown(visit) == "LAGAN, event 3"
    page.select_option("#label", "e+é.")
    address = page.evaluate("location.hash")
    assert "label=e%2B%C3%A9." in address
    at_start(visit, report, address)
    assert page.input_value("#label") == "e+é."


def test_a_link_names_one_event(visit: Visit, report: SmallReport) -> None:
    at_start(visit, report, "#dataset=jets&model=lagan&event=7")
    assert shown(visit) == "LAGAN, event 7"
    assert "event=7" in visit.page.evaluate("location.hash")
    visit.page.evaluate("location.hash = '#dataset=lartpc&event=2&species=13'")
    visit.page.wait_for_selector("#message:not([hidden])")
    assert 'no event "2"' in visit.text("#message")  # an electron
    assert shown(visit) == "VQ-VAE + PixelCNN, event 1"
    visit.page.evaluate("location.hash = '#dataset=nowhere'")
    visit.page.wait_for_function("document.querySelector('#dataset').value === 'jets'")
    assert 'no dataset "nowhere"' in visit.text("#message")


def pixel(visit: Visit, image: Any, brightest: bool = True) -> tuple[int, int]:
    """Point at a pixel of the left picture: the brightest one, or one that is zero."""
    place = np.argmax(image) if brightest else np.argmin(image)
    row, column = map(int, np.unravel_index(place, image.shape))
    box = visit.page.locator("#left canvas").bounding_box()
    assert box is not None
    height, width = image.shape
    visit.page.mouse.move(
        box["x"] + (column + 0.5) / width * box["width"],
        box["y"] + (row + 0.5) / height * box["height"],
    )
    return row, column


def test_value_and_unit_under_the_pointer(visit: Visit, report: SmallReport) -> None:
    at_start(visit, report, "#dataset=jets&label=signal&event=0")
    image = report.images["jets", "signal", "monte_carlo"][0]
    row, column = pixel(visit, image)
    assert visit.text("#readout").startswith(f"{float(f'{image.max():.4g}'):g} GeV")
    assert f"row {row}, column {column}" in visit.text("#readout")
    assert "relative η" in visit.text("#readout")
    pixel(visit, image, brightest=False)
    assert visit.text("#readout").startswith("0 GeV")
    visit.page.locator("#left canvas").focus()
    visit.page.keyboard.press("Shift+ArrowDown")
    assert visit.text("#readout") != "Point at a pixel to read its value."
    at_start(visit, report, "#dataset=lartpc&event=0&layer=ssnet")
    image = report.images["lartpc", "all", "monte_carlo"][0]
    pixel(visit, image)
    value = float(f"{0.255 * float(image.max()):.4g}")
    assert visit.text("#readout").startswith(f"{value:g} MeV · track")
    assert "cm from the centre" in visit.text("#readout")


def test_zoom(visit: Visit, report: SmallReport) -> None:
    at_start(visit, report, "#dataset=jets&event=0")
    image = report.images["jets", "signal", "monte_carlo"][0]
    whole = visit.page.locator("#left canvas").screenshot()
    visit.page.click("#in")
    visit.page.keyboard.press("+")
    assert visit.page.locator("#left canvas").screenshot() != whole
    pixel(visit, image)  # at 2.25 another pixel lies there
    row, column = map(int, np.unravel_index(np.argmax(image), image.shape))
    inner = [int((1 - 1 / 2.25) / 2 * 9 + (place + 0.5) / 2.25) for place in (row, column)]
    assert f"row {inner[0]}, column {inner[1]}" in visit.text("#readout")
    visit.page.mouse.move(0, 0)
    visit.page.keyboard.press("0")
    assert visit.page.locator("#left canvas").screenshot() == whole


def test_filters(visit: Visit, report: SmallReport) -> None:
    at_start(visit, report, "#dataset=lartpc")
    page = visit.page
    page.keyboard.press("f")
    page.select_option("[data-column=species]", label="µ⁻")
    muons = [number for number in range(SHOWN) if SPECIES[number] == 13]
    assert visit.text("#count") == f"(0 to {len(muons) - 1} of those that pass the filters)"
    assert shown(visit).endswith(f"event {muons[0]}")
    assert "species µ⁻" in visit.text("#left p")
    page.fill("[data-column=nonzero][data-end=low]", "1000")
    page.keyboard.press("Tab")
    assert visit.text("#count") == "(none)"
    assert f"only 0 of {SHOWN} pass" in shown(visit)
    assert "nonzero=1000.." in page.evaluate("location.hash")
    assert page.evaluate("document.activeElement.dataset.end") == "high"  # the place is kept
    page.click("#clear")
    assert visit.text("#count") == f"(0 to {SHOWN - 1})"


def test_labels_are_a_layer_of_the_picture(visit: Visit, report: SmallReport) -> None:
    at_start(visit, report, "#dataset=lartpc")
    values = visit.page.locator("#left canvas").screenshot()
    visit.page.keyboard.press("l")
    assert visit.page.locator("#left canvas").screenshot() != values
    assert "track" in visit.text("#legend")
    assert not visit.page.is_visible("#scale")
    colours = """canvas => new Set(new Uint32Array(canvas.getContext("2d")
        .getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size"""
    assert visit.page.locator("#left canvas").evaluate(colours) <= 4  # white and three classes


def test_quiz(visit: Visit, report: SmallReport) -> None:
    # What is drawn: simulated and generated in turn.
    visit.page.add_init_script("let turn = 0; Math.random = () => [0.1, 0, 0.9, 0][turn++ % 4];")
    at_start(visit, report, "#dataset=jets&model=lagan")
    page = visit.page
    page.click("#ask")
    assert not page.is_visible("#right")
    assert shown(visit, "left") == "Simulated or generated?"
    assert visit.text("#left p") == ""  # no hint
    page.click("#say-simulated")
    assert shown(visit, "left") == "Right: simulated, event 0"
    page.keyboard.press("g")  # answered already
    assert visit.text("#score").startswith("1 of 1 right")
    page.keyboard.press("n")
    page.keyboard.press("s")
    assert shown(visit, "left") == "Wrong: LAGAN, event 0"
    assert visit.text("#score") == "1 of 2 right; guessing gives 1.0 ± 0.7."
    for _ in range(2 * SHOWN - 2):
        page.keyboard.press("n")
        page.keyboard.press("g")
    page.keyboard.press("n")
    assert "No events are left" in shown(visit, "left")
    # The tenth simulated event was the last one; of the ten generated ones nine have been asked.
    assert visit.text("#score").startswith(f"{SHOWN - 1} of {2 * SHOWN - 1} right")
    page.keyboard.press("q")
    assert page.is_visible("#right")
    assert not page.is_visible("#quiz")


def test_narrow_screen(browser: Any, report: SmallReport) -> None:
    visit = Visit(browser, 390, 844)
    at_start(visit, report, "#dataset=lartpc&species=13&layer=ssnet")
    assert visit.overflow() <= 0
    boxes = [visit.page.locator(f"#{side} canvas").bounding_box() for side in ("left", "right")]
    assert all(box and box["width"] > 330 for box in boxes)
    assert boxes[0]["y"] + boxes[0]["height"] < boxes[1]["y"]
    visit.page.click("#ask")
    assert visit.overflow() <= 0
    assert visit.problems == []
    visit.close()


def test_one_file_alone(
    visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    opened: list[str] = []

    def browse(address: str) -> bool:
        opened.append(address)
        return True

    monkeypatch.setattr("webbrowser.open", browse)
    images = sparse_images(COUNT, 7, 9)
    path = write_images(tmp_path / "x.h5", images)
    page = tmp_path / "here.html"
    assert main(["show", str(path), "--browser", "-n", "5", "-o", str(page)]) == 0
    assert opened == [page.as_uri()]
    assert capsys.readouterr().out == f"{page}\n"
    visit.open(page)
    assert shown(visit, "left") == "x.h5, event 0"
    assert visit.text("#count") == "(0 to 4)"
    assert not visit.page.is_visible("#right")
    assert not visit.page.is_visible("#ask")
    visit.page.keyboard.press("ArrowRight")
    pixel(visit, images[1])
    assert visit.text("#readout").startswith(f"{float(f'{images[1].max():.4g}'):g} GeV")

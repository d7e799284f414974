"""The page in a real Chromium: what it shows is what the library answers."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import numpy as np
import pytest

import embcompress
from embcompress import CompressedVectors
from embcompress.arrays import directions
from tests.serving import NASTY, running

pytest.importorskip("fastapi", reason="the extra serve is not installed")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)")

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

SHIPPED = Path(__file__).parent.parent / "data" / "wikipedia-100d-20k.bin.gz"

WITHOUT_NEWS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
"""What Chromium is started with: it has no news to ask anybody for, and runs as root in containers."""

HTML = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(2)</script>",
    'quote"d',
    "it's",
    "back\\slash",
    "&amp;",
    "\u05e9\u05dc\u05d5\u05dd",
]
NASTY_WORDS = [*NASTY, *HTML]

OPTION = "[role=option]"

VIEWS = [
    "#word=king&k=20",
    "#view=compare&word=king&table=one-bit",
    "#view=map&word=king&k=20",
    "#view=analogy&a=man&b=king&c=woman",
    "#view=certificate",
]

Opened = Callable[..., "Page"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of one real table at 16, 4 and 1 bits, and of words that look like something else."""
    place = tmp_path_factory.mktemp("tables")
    table = embcompress.load(SHIPPED, limit=5000)
    for name, spec in {"four-bits": "lloyd:4", "original": "float16", "one-bit": "binary"}.items():
        embcompress.shrink(table, spec).save(place / f"{name}.embc")
    rows = np.asarray(table.rows(slice(0, len(NASTY_WORDS))))
    embcompress.shrink(embcompress.Table(NASTY_WORDS, rows), "int8").save(place / "nasty.embc")
    return place


@pytest.fixture(scope="module")
def tables(folder: Path) -> dict[str, CompressedVectors]:
    return {path.stem: embcompress.open(path) for path in folder.glob("*.embc")}


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    files = [folder / f"{name}.embc" for name in ("four-bits", "original", "one-bit", "nasty")]
    with running(*files) as (_, port):
        yield f"http://127.0.0.1:{port}/"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=WITHOUT_NEWS)
        yield started
        started.close()


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What the page wrote to its console; none is left at the end of a test."""
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
def opened(browser: Browser, url: str, complaints: list[str]) -> Iterator[Opened]:
    """Opens the page where an address says, and sees to it that nothing but the service is asked."""
    contexts, asked = [], []

    def open_page(address: str = "", *, at: str = url, width: int = 1100, **settings: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 780}, **settings)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(at + address)
        settled(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert {urlsplit(each).hostname for each in asked} == {"127.0.0.1"}


def settled(page: Page) -> None:
    """Wait until the answer to what the address asks is there."""
    page.locator("main[aria-busy=false]").wait_for()


def show(page: Page, hash: str) -> None:
    """Go to another view of the same page, and wait for it."""
    page.evaluate("hash => { document.querySelector('main').ariaBusy = true; location.hash = hash; }", hash)
    settled(page)


def address(**state: str) -> str:
    """The address of a view; halves of surrogate pairs as their JSON escapes."""
    return "#" + "&".join(f"{name}={quote(json.dumps(value)[1:-1], safe='')}" for name, value in state.items())


def scores(page: Page, selector: str = "main table") -> list[tuple[str, str]]:
    """The words and scores of a table on the page."""
    rows = page.locator(f"{selector} tbody tr").all()
    return [(row.locator("th").inner_text(), row.locator("td").last.inner_text()) for row in rows]


def written(found: list[tuple[str, float]]) -> list[tuple[str, str]]:
    return [(word, f"{score:.3f}") for word, score in found]


def test_a_word_is_completed_and_has_the_librarys_neighbours(
    opened: Opened, tables: dict[str, CompressedVectors]
) -> None:
    page = opened()
    field = page.get_by_role("combobox", name="Word")
    field.press_sequentially("quee")
    options = page.locator(OPTION)
    options.first.wait_for()
    assert options.all_inner_texts() == tables["four-bits"].complete("quee")
    options.get_by_text("queen", exact=True).click()
    page.get_by_role("heading", name="nearest to queen").wait_for()
    assert scores(page) == written(tables["four-bits"].most_similar("queen"))
    assert field.input_value() == "queen"
    assert not page.get_by_role("listbox").is_visible()
    page.get_by_label("Neighbours", exact=True).select_option("50")
    page.get_by_role("heading", name="The 50 words nearest to queen").wait_for()
    page.locator("select#table").select_option("one-bit")
    page.wait_for_url(re.compile("table=one-bit"))
    settled(page)
    assert scores(page) == written(tables["one-bit"].most_similar("queen", topn=50))


def test_bars_are_as_long_as_scores_say(opened: Opened, tables: dict[str, CompressedVectors]) -> None:
    page = opened("#word=king")
    script = "bars => bars.map(bar => bar.firstChild.getBoundingClientRect().width / bar.getBoundingClientRect().width)"
    lengths = page.locator("main .bar").evaluate_all(script)
    expected = [score for _, score in tables["four-bits"].most_similar("king")]
    np.testing.assert_allclose(lengths, expected, atol=0.005)


def test_the_keyboard_is_enough(opened: Opened, tables: dict[str, CompressedVectors]) -> None:
    page = opened()
    focused = "document.activeElement.id || document.activeElement.textContent"
    reached: list[str] = []
    while not reached or reached[-1] != "word":
        page.keyboard.press("Tab")
        reached.append(page.evaluate(focused))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", reached[-1]
    assert reached == ["skip", "Neighbours", "Compare", "Map", "Analogy", "Certificate", "theme", "table", "word"]
    field = page.get_by_role("combobox", name="Word")
    page.keyboard.type("kin")
    page.locator(OPTION).first.wait_for()
    expected = tables["four-bits"].complete("kin")
    assert field.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    chosen = page.locator(f"#{field.get_attribute('aria-activedescendant')}")
    assert (chosen.inner_text(), chosen.get_attribute("aria-selected")) == (expected[1], "true")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")  # round to the last one
    assert page.locator("[aria-selected=true]").all_inner_texts() == expected[-1:]
    page.keyboard.press("Escape")
    assert field.get_attribute("aria-expanded") == "false"
    page.keyboard.press("ArrowDown")  # asks again
    page.locator(OPTION).first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=f"nearest to {expected[0]}").wait_for()
    assert page.evaluate(focused) == "word"
    found = tables["four-bits"].most_similar(expected[0])
    for _ in range(3):  # how many, the button, the first neighbour
        page.keyboard.press("Tab")
    assert page.evaluate(focused) == found[0][0]
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=f"nearest to {found[0][0]}").wait_for()
    assert page.evaluate(focused) == "answer"  # where the next Tab goes on from
    assert scores(page) == written(tables["four-bits"].most_similar(found[0][0]))
    page.go_back()
    page.get_by_role("heading", name=f"nearest to {expected[0]}").wait_for()


def test_enter_asks_for_what_was_typed(opened: Opened, tables: dict[str, CompressedVectors]) -> None:
    page = opened()
    page.get_by_role("combobox", name="Word").fill("physics")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="nearest to physics").wait_for()
    assert scores(page) == written(tables["four-bits"].most_similar("physics"))


@pytest.mark.parametrize("word", ["king", "physics"])
def test_a_comparison_tells_kept_lost_and_new_words(
    opened: Opened, tables: dict[str, CompressedVectors], word: str
) -> None:
    page = opened(f"#view=compare&word={word}&against=original&table=one-bit")
    original, compressed = tables["original"], tables["one-bit"]
    before, after = original.most_similar(word), compressed.most_similar(word)
    kept = {each for each, _ in before} & {each for each, _ in after}
    assert 0 < len(kept) < 10  # so that every mark is on the page
    left = [
        [each, f"{score:.3f}", "kept" if each in kept else f"lost, now {compressed.similarity(word, each):.3f}"]
        for each, score in before
    ]
    right = [
        [each, f"{score:.3f}", "kept" if each in kept else f"new, was {original.similarity(word, each):.3f}"]
        for each, score in after
    ]
    script = "items => items.map(item => ['a', '.score', '.mark'].map(part => item.querySelector(part).textContent))"
    columns = page.locator(".comparison section")
    assert columns.locator("h3").all_inner_texts() == ["original", "one-bit"]
    assert columns.first.locator("li").evaluate_all(script) == left
    assert columns.last.locator("li").evaluate_all(script) == right
    lost = 10 - len(kept)
    assert page.locator(".summary span").all_inner_texts() == [f"{len(kept)} kept", f"{lost} lost", f"{lost} new"]
    places = [[row, [each for each, _ in after].index(name)] for row, (name, _) in enumerate(before) if name in kept]
    ends = "lines => lines.map(line => [line.y1, line.y2].map(end => end.baseVal.value - 0.5))"
    assert page.locator(".lines line").evaluate_all(ends) == places


def test_the_largest_other_table_is_what_is_compared_with(opened: Opened) -> None:
    page = opened("#view=compare&word=king")
    assert page.get_by_label("Original").input_value() == "original"
    assert page.locator("select#table").input_value() == "four-bits"


def test_an_analogy_is_answered_both_ways(opened: Opened, tables: dict[str, CompressedVectors]) -> None:
    page = opened("#view=analogy")
    for label, word in {"This word": "man", "is to": "king", "as this one is to": "woman"}.items():
        page.get_by_role("combobox", name=label, exact=label == "is to").fill(word)
    page.get_by_role("button", name="Show").click()
    page.get_by_role("heading", name="man is to king as woman is to").wait_for()
    asked: dict[str, Any] = {"positive": ["king", "woman"], "negative": ["man"]}
    vectors = tables["four-bits"]
    assert scores(page, "section:nth-child(1)") == written(vectors.most_similar(**asked))
    assert scores(page, "section:nth-child(2)") == written(vectors.most_similar_cosmul(**asked))
    assert scores(page)[0][0] == "queen"


def test_the_map_shows_all_neighbours_where_their_principal_components_are(
    opened: Opened, tables: dict[str, CompressedVectors]
) -> None:
    page = opened("#view=map&word=king&k=30")
    vectors = tables["four-bits"]
    words = ["king", *(word for word, _ in vectors.most_similar("king", topn=30))]
    page.locator(".map a").first.wait_for()
    assert page.locator(".map text").all_text_contents() == words
    script = "dots => dots.map(dot => [dot.cx.baseVal.value, -dot.cy.baseVal.value])"
    drawn = np.array(page.locator(".map circle").evaluate_all(script))
    rows = directions(vectors[words]).astype(np.float64)
    rows -= rows.mean(axis=0)
    left, singular, _ = np.linalg.svd(rows, full_matrices=False)
    expected = left[:, :2] * singular[:2]
    shares = 100 * singular[:2] ** 2 / (singular**2).sum()
    assert f"{shares[0]:.1f} % and {shares[1]:.1f} %" in page.locator("main p").inner_text()
    drawn -= drawn.mean(axis=0)
    scale = np.linalg.norm(drawn) / np.linalg.norm(expected)
    signs = np.sign((drawn * expected).sum(axis=0))
    np.testing.assert_allclose(drawn, scale * signs * expected, atol=0.05)  # pixels


@pytest.mark.parametrize("width", [360, 1100])
def test_labels_of_the_map_cover_neither_each_other_nor_its_edge(opened: Opened, width: int) -> None:
    page = opened("#view=map&word=king&k=20", width=width)
    page.locator(".map a").first.wait_for()
    script = (
        "texts => texts.map(text => text.getBoundingClientRect()).map(box => [box.x, box.y, box.right, box.bottom])"
    )
    boxes = np.array(page.locator(".map text").evaluate_all(script))
    frame = page.locator(".map svg").evaluate_all(script)[0]
    assert (boxes[:, :2] >= np.array(frame[:2]) - 2).all()
    assert (boxes[:, 2:] <= np.array(frame[2:]) + 2).all()
    shared = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:]) - np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    covered = np.triu((shared.clip(0) - 2).clip(0).prod(axis=2), 1)  # but for a pixel or two of a line's height
    assert covered.sum() <= 0.01 * (boxes[:, 2:] - boxes[:, :2]).prod(axis=1).sum()


def test_the_certificate_is_what_the_file_holds(
    opened: Opened, tables: dict[str, CompressedVectors], folder: Path
) -> None:
    page = opened("#view=certificate&table=one-bit")
    certificate = tables["one-bit"].metadata["certificate"]
    size = (folder / "one-bit.embc").stat().st_size
    figures = page.locator(".picture .figure").all_inner_texts()
    assert figures[0] == f"{certificate['float32_bytes'] / 1e6:.2f} MB"
    assert figures[1] == f"{size / 1e3:.3g} kB"
    shares = [
        certificate["neighbours"]["both_coded"],
        certificate["neighbours"]["exact_query"],
        certificate["spearman"]["kept"],
        certificate["analogies"]["kept"],
        certificate["geometry"]["cosine"],
    ]
    assert figures[2:6] == [f"{100 * share:.1f} %" for share in shares[:4]]
    assert figures[6] == f"{shares[4]:.3f}"
    script = "bars => bars.map(bar => bar.firstChild.getBoundingClientRect().width / bar.getBoundingClientRect().width)"
    lengths = page.locator(".picture .bar").evaluate_all(script)
    np.testing.assert_allclose(lengths, [1, size / certificate["float32_bytes"], *shares], atol=0.005)
    assert page.get_by_role("heading", name=f"{certificate['float32_bytes'] / size:.1f} times smaller").is_visible()
    sets = page.locator(".sets tbody tr").all_inner_texts()
    assert len(sets) == len(certificate["spearman"]["sets"]) + len(certificate["analogies"]["sets"])
    assert sets[0].split()[-2:] == [f"{certificate['spearman']['sets'][0][name]:.3f}" for name in ("original", "value")]
    assert page.locator(".plot").count() == 0


def test_the_front_is_drawn_of_the_encodings_that_were_tried(opened: Opened) -> None:
    page = opened()
    seen = [
        {"spec": "int4", "bytes": 400, "quality": 0.9, "rows": 20_000},
        {"spec": "binary", "bytes": 100, "quality": 0.5, "rows": 20_000},
        {"spec": "ternary", "bytes": 200, "quality": 0.7, "rows": 20_000},
        {"spec": "int2", "bytes": 300, "quality": 0.6, "rows": 20_000},
        {"spec": "float16", "bytes": 900, "quality": 1.0, "rows": 6_000},
    ]
    choice = {"goal": {"size": "200"}, "front": seen}

    def with_choice(route: Route) -> None:
        route.fulfill(json=route.fetch().json() | {"choice": choice, "spec": "ternary"})

    page.route("**/info", with_choice)
    page.get_by_role("link", name="Certificate").click()
    dots = page.locator(".plot circle")
    dots.first.wait_for()
    assert dots.evaluate_all("dots => dots.map(dot => dot.getAttribute('class'))") == [
        "on-front",
        "on-front",
        "chosen",
        "beaten",
    ]
    at = np.array(dots.evaluate_all("dots => dots.map(dot => [dot.cx.baseVal.value, dot.cy.baseVal.value])"))
    assert at[:, 0].argsort().tolist() == [1, 2, 3, 0]
    assert (-at[:, 1]).argsort().tolist() == [1, 3, 2, 0]
    corners = page.locator(".plot polyline").evaluate("line => [...line.points].map(each => [each.x, each.y])")
    np.testing.assert_allclose(corners, at[[1, 2, 0]], atol=0.01)


def test_a_phone_needs_no_scrolling_sideways(opened: Opened) -> None:
    page = opened(width=360)
    for view in VIEWS:
        show(page, view)
        assert page.locator("main h2").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 360, view
        outside = "all => all.filter(each => each.getBoundingClientRect().right > 361).map(each => each.outerHTML)"
        assert page.locator("body *:not(.skip)").evaluate_all(outside) == [], view


def test_dark_and_light(opened: Opened) -> None:
    colours = "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    dark, light = opened(color_scheme="dark"), opened(color_scheme="light")
    assert luminance(dark.evaluate(colours)[0]) < 0.05 < 0.5 < luminance(dark.evaluate(colours)[1])
    assert luminance(light.evaluate(colours)[0]) > 0.9 > 0.1 > luminance(light.evaluate(colours)[1])
    light.get_by_label("Theme").select_option("dark")
    assert light.evaluate(colours) == dark.evaluate(colours)
    light.reload()
    settled(light)
    assert light.evaluate(colours) == dark.evaluate(colours)
    assert light.get_by_label("Theme").input_value() == "dark"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_of_text_stand_out(opened: Opened, scheme: Any) -> None:
    """At least 4.5 to 1, as WCAG 2.2 asks (success criterion 1.4.3)."""
    page = opened(color_scheme=scheme)
    script = """names => names.map(name => {
        document.body.style.color = `var(${name})`;
        return getComputedStyle(document.body).color;
    })"""
    pairs = [(f"--{name}", "--page") for name in ("ink", "faint", "kept", "lost", "new")] + [("--on-kept", "--kept")]
    for pair in pairs:
        faint, bright = sorted(luminance(colour) for colour in page.evaluate(script, list(pair)))
        assert (bright + 0.05) / (faint + 0.05) >= 4.5, pair


def luminance(colour: str) -> float:
    """Relative luminance of ``rgb(r, g, b)``, as WCAG 2.2 defines it."""
    levels = np.array([int(level) for level in re.findall(r"\d+", colour)[:3]]) / 255
    linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_words_that_look_like_something_else_are_only_words(
    opened: Opened, tables: dict[str, CompressedVectors]
) -> None:
    page = opened()
    vectors = tables["nasty"]
    for word in NASTY_WORDS:
        show(page, address(table="nasty", word=word))
        assert page.locator("main h2 bdi").evaluate("node => node.textContent") == word
        shown = page.locator("main tbody a").evaluate_all("links => links.map(link => link.textContent)")
        assert shown == [each for each, _ in vectors.most_similar(word)]
    show(page, address(view="map", table="nasty", word=HTML[0]))
    page.locator(".map a").first.wait_for()
    assert page.locator("img, main script").count() == 0
    show(page, address(table="nasty"))
    page.get_by_role("combobox", name="Word").fill("<")
    page.locator(OPTION).first.wait_for()
    assert page.locator(OPTION).all_inner_texts() == vectors.complete("<")


def test_links_lead_to_any_word(opened: Opened, tables: dict[str, CompressedVectors]) -> None:
    around = address(table="nasty", word="a/b")
    page = opened(around)
    for row, (word, _) in enumerate(tables["nasty"].most_similar("a/b")):
        show(page, page.locator("main tbody a").nth(row).get_attribute("href") or "")
        assert page.locator("main h2 bdi").evaluate("node => node.textContent") == word
        show(page, around)


def test_what_is_wrong_is_said(opened: Opened, complaints: list[str]) -> None:
    page = opened("#word=kingg")
    alert = page.get_by_role("alert")
    assert alert.inner_text().startswith("four-bits has no vector for \u201ckingg\u201d.")
    show(page, "#table=missing&word=king")
    assert alert.inner_text().startswith("There is no table \u201cmissing\u201d here.")
    show(page, "#view=analogy&a=man&b=kingg&c=woman")
    assert alert.inner_text() == refusal(page, "analogy", {"positive": ["kingg", "woman"], "negative": ["man"]})
    page.route("**/v1/**", lambda route: route.abort())
    show(page, "#word=king")
    assert alert.inner_text().startswith("The service cannot be reached.")
    page.unroute_all()
    page.get_by_role("button", name="Show").click()  # the same question, asked again
    page.get_by_role("heading", name="nearest to king").wait_for()
    assert alert.count() == 0
    show(page, "#view=toString&word=king")
    assert page.get_by_role("heading", name="nearest to king").is_visible()
    assert all("Failed to load resource" in each for each in complaints)  # what Chromium itself says of a refusal
    complaints.clear()


def refusal(page: Page, question: str, body: dict[str, Any]) -> str:
    """What the service says to a question that it refuses."""
    answer = page.request.post(page.url.split("#")[0] + f"v1/four-bits/{question}", data=body)
    assert answer.status == 404
    return str(answer.json()["detail"])


def test_a_token_is_asked_for_once_and_kept_for_the_tab(opened: Opened, complaints: list[str]) -> None:
    page = opened()
    shown = []

    def guarded(route: Route) -> None:
        shown.append(route.request.headers.get("authorization"))
        if shown[-1] == "Bearer secret":
            route.continue_()
        else:
            route.fulfill(status=401, content_type="application/problem+json", body='{"detail": "a token, please"}')

    page.route("**/v1/**", guarded)
    page.evaluate("location.hash = '#view=compare&word=king'")
    box = page.get_by_role("dialog")
    box.get_by_label("Token").fill("wrong")
    page.keyboard.press("Enter")
    box.get_by_text("not the right one").wait_for()
    box.get_by_label("Token").fill("secret")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="The words nearest to king").wait_for()
    assert shown[:3] == [None, "Bearer wrong", "Bearer secret"]
    assert set(shown[2:]) == {"Bearer secret"}
    page.reload()
    page.get_by_role("heading", name="The words nearest to king").wait_for()
    assert set(shown[2:]) == {"Bearer secret"}
    assert page.evaluate("JSON.stringify(localStorage)") == "{}"
    page.evaluate("sessionStorage.clear()")
    page.evaluate("location.hash = '#word=king'")  # and nothing is shown until the box is closed
    box.get_by_role("button", name="Cancel").click()
    page.get_by_role("alert").get_by_text("answers nobody without its token").wait_for()
    assert all("status of 401" in each for each in complaints)
    complaints.clear()


def test_a_guarded_service_lets_the_page_in_with_its_token(
    opened: Opened, folder: Path, tmp_path: Path, tables: dict[str, CompressedVectors]
) -> None:
    (tmp_path / "token").write_text("secret\n")
    with running(folder / "four-bits.embc", "--token-file", tmp_path / "token") as (_, port):
        credentials = {"username": "", "password": "secret"}
        page = opened("#word=king", at=f"http://127.0.0.1:{port}/", http_credentials=credentials)
        assert scores(page) == written(tables["four-bits"].most_similar("king"))


def test_one_table_alone_cannot_be_compared(opened: Opened, folder: Path) -> None:
    with running(folder / "four-bits.embc") as (_, port):
        page = opened("#view=compare&word=king", at=f"http://127.0.0.1:{port}/")
        assert page.locator("main").inner_text().startswith("One table is served.")
        assert page.get_by_label("Original").count() == 0

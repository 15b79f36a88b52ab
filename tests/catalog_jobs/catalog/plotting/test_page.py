"""The interactive page: what it holds, what it may do, and what it does when it is used."""

import base64
import hashlib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from catalog_jobs.catalog.plotting.options import MapOptions, Method, Subject
from infra.records.store import Records
from infra.records.tables import ProductRow, Upload
from tests.catalog_jobs.catalog.plotting.drawing import PCA, drawn
from tests.catalog_jobs.catalog.plotting.pages import Page, in_browser, outside_links, read_page
from tests.catalog_jobs.catalog.plotting.shop import HOSTILE, clustered, fill_products, fill_reels, opened

PCA_3D = MapOptions(Method.PCA, 3)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of 24 products, flat and deep, with a heat map."""
    pytest.importorskip("scipy", reason="the heat map needs SciPy: pip install 'reelwear[jobs]'")
    data = tmp_path_factory.mktemp("data")
    with opened(data) as records:
        fill_products(records, data / "catalog" / "pictures")
        drawn(records, data, maps=(PCA, PCA_3D), has_heatmap=True)
    return data / "plots" / "products.html"


def test_the_page_is_one_file_that_loads_nothing(page: Path) -> None:
    shown = read_page(page)
    assert not shown.all("link")
    assert not [one for _, one in shown.elements if "src" in one or "href" in one]
    assert outside_links(page.read_text("utf-8")) == []
    assert shown.policy.startswith("default-src 'none'; img-src data:;")
    assert [path.name for path in page.parent.iterdir() if path.suffix == ".jpg" or path.is_dir()] == []


def test_its_own_script_is_the_only_one_that_may_run(page: Path) -> None:
    shown = read_page(page)
    digest = base64.b64encode(hashlib.sha256(shown.script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in shown.policy
    assert [one.get("type") for one, _ in shown.scripts] == ["application/json", None]


def test_its_data_are_the_points_with_their_neighbours_by_the_vectors(page: Path) -> None:
    data = read_page(page).data
    assert data["points"]["title"][:2] == ["Dress 0", "Dress 1"]
    assert [one["dims"] for one in data["maps"]] == [2, 3]
    assert all(len(one["places"]) == 3 * 24 for one in data["maps"])
    assert [row["name"] for row in data["facets"][0]["classes"]] == ["bag", "dress", "shoes"]
    vectors = clustered()
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -2)
    expected = np.argsort(-cosines, axis=1)[:, :6]
    assert data["near"]["of"] == expected.ravel().tolist()
    told = np.array(data["near"]["cosines"]).reshape(24, 6) / 1000
    np.testing.assert_allclose(told, np.take_along_axis(cosines, expected, axis=1), atol=6e-4)
    assert data["tiles"]["of"] == list(range(24))
    assert len(data["tiles"]["sheets"]) == 1


def test_words_of_strangers_stay_words(records: Records, data: Path) -> None:
    fill_products(records, data / "catalog" / "pictures", each=2, title=HOSTILE)
    fill_reels(records, items=3)
    with records.transaction() as session:
        for row in session.query(ProductRow):
            row.product_type = row.color_name = row.group_id = HOSTILE
        for upload in session.query(Upload):
            upload.key = f"videos/{HOSTILE.replace('/', '')}/{HOSTILE.replace('/', '')}.mp4"
    drawn(records, data, Subject.ALL)
    shown = read_page(data / "plots" / "all_pca_2d.html")
    harmless = Page(shown.text)
    assert len(shown.scripts) == 2
    assert not [one for _, one in shown.elements if "onerror" in one]
    assert not shown.all("img")
    assert harmless.text
    assert shown.data["points"]["title"][0] == f"{' '.join(HOSTILE.split())} 0"
    assert "alert(1)" not in shown.script
    assert "49" not in shown.text
    told = in_browser(
        data / "plots" / "all_pca_2d.html",
        "page.run('pin(0)'); page.frames(2);"
        "return { card: page.ids.card.textContent, tags: page.ids.card.all().map((one) => one.tagName) };",
    )
    assert "<img src=x onerror=alert(2)>" in told["card"]
    assert not {"IMG", "SCRIPT"} & set(told["tags"])


def test_the_script_draws_every_point_in_the_colour_of_its_class(page: Path) -> None:
    told = in_browser(
        page,
        "page.ids.pictures.tell('click'); page.frames(2); const ops = page.ids.map.pen.ops;"
        "const last = ops.slice(ops.map((one) => one[0]).lastIndexOf('clearRect'));"
        "return { dots: last.filter((one) => one[0] === 'drawImage').length, found: page.ids.found.textContent,"
        " legend: page.ids.classes.children.length, labels: last.filter((one) => one[0] === 'fillText').length };",
    )
    assert (told["dots"], told["found"], told["legend"]) == (24, "24 shown", 3)
    assert told["labels"] > 3, "of 100 points or fewer"


def test_pointing_shows_a_tip_and_a_click_pins_a_card_with_the_nearest(page: Path) -> None:
    told = in_browser(
        page,
        "const place = { clientX: page.run('seen.x[9]'), clientY: page.run('seen.y[9]'), pointerId: 1 };"
        "page.run('now.hasPictures = false');"
        "page.ids.map.tell('pointermove', { ...place, pointerType: 'mouse' }); page.frames(2);"
        "const tip = page.ids.tip.textContent, isHidden = page.ids.card.hidden, at = page.run('now.hover');"
        "page.ids.map.tell('pointerdown', place); page.ids.map.tell('pointerup', place); page.frames(2);"
        "const card = page.ids.card, says = (one) => one.attributes['aria-label'] || '';"
        "const near = card.all().filter((one) => says(one).includes('cosine'));"
        "const before = { tip, isHidden, at, card: card.textContent, near: near.length };"
        "near[0].tell('click'); page.frames(2); const next = page.run('now.pinned');"
        "page.document.tell('keydown', { key: 'Escape' });"
        "return { ...before, next, isClosed: page.ids.card.hidden };",
    )
    assert told["at"] == 9
    assert "Shoes 9" in told["tip"]
    assert told["isHidden"] is True
    assert "3 in stock" in told["card"]
    assert told["near"] == 6
    assert told["next"] in range(8, 16), "the nearest of a shoe is a shoe"
    assert told["isClosed"] is True


def test_words_and_classes_filter_the_points(page: Path) -> None:
    told = in_browser(
        page,
        "const say = () => { page.frames(1); return page.ids.found.textContent; };"
        "const type = (words) => { page.ids.question.value = words; page.ids.question.tell('input'); return say(); };"
        "const words = [type('SHOES blue'), type('dress 1'), type('nothing')];"
        "page.ids.reset.tell('click'); const all = say();"
        "const press = (row, which) => page.ids.classes.children[row].children[which].tell('click');"
        "press(0, 0); const without = say(); press(0, 0); press(1, 1); const only = say(); press(1, 1);"
        "return { words, all, without, only, again: say() };",
    )
    assert told["words"] == ["8 of 24 shown", "1 of 24 shown", "0 of 24 shown"]
    assert (told["all"], told["without"], told["only"], told["again"]) == (
        "24 shown", "16 of 24 shown", "8 of 24 shown", "24 shown",
    )  # fmt: skip


def test_the_map_is_moved_zoomed_and_turned(page: Path) -> None:
    told = in_browser(
        page,
        "const hand = (kind, x, y, id = 1) => page.ids.map.tell(kind, { clientX: x, clientY: y, pointerId: id });"
        "const x = () => page.run('seen.x[0]');"
        "const began = x(); hand('pointerdown', 300, 300); hand('pointermove', 340, 300); hand('pointerup', 340, 300);"
        "page.frames(1); const moved = x() - began, isPinned = page.run('now.pinned') >= 0;"
        "page.ids.map.tell('wheel', { deltaY: -300, deltaMode: 0, clientX: 450, clientY: 320 }); page.frames(1);"
        "const zoom = page.run('now.view.zoom');"
        "hand('pointerdown', 400, 300, 1); hand('pointerdown', 500, 300, 2); hand('pointermove', 600, 300, 2);"
        "hand('pointerup', 400, 300, 1); hand('pointerup', 600, 300, 2); page.frames(1);"
        "const pinched = page.run('now.view.zoom') / zoom; page.tabs[1].tell('click'); page.frames(6);"
        "const yaw = page.run('now.turn.yaw'); hand('pointerdown', 300, 300); hand('pointermove', 360, 330);"
        "hand('pointerup', 360, 330); page.frames(1);"
        "const turned = page.run('now.turn.yaw') - yaw;"
        "return { moved, isPinned, zoom, pinched, turned, made: page.ids.made.textContent };",
    )
    assert told["moved"] == pytest.approx(40, abs=0.1)
    assert not told["isPinned"]
    assert told["zoom"] == pytest.approx(np.exp(0.66) * 1, rel=0.6)
    assert told["pinched"] == pytest.approx(2, rel=0.01)
    assert told["turned"] == pytest.approx(0.48)
    assert told["made"].startswith("PCA 3D")


def test_keys_go_from_point_to_point_and_open_cards(page: Path) -> None:
    told = in_browser(
        page,
        "const press = (key, more = {}) => { page.ids.map.tell('keydown', { key, ...more }); page.frames(1); };"
        "press('ArrowRight'); const first = page.run('now.hover'), x = page.run(`seen.x[${first}]`);"
        "press('ArrowRight'); const second = page.run('now.hover'), dx = page.run(`seen.x[${second}]`) - x;"
        "press('Enter'); const pinned = page.run('now.pinned'); const zoom = page.run('now.view.zoom');"
        "press('+'); const nearer = page.run('now.view.zoom') / zoom; press('0');"
        "return { first, second, dx, pinned, nearer, spoken: page.ids.spoken.textContent };",
    )
    assert told["first"] != told["second"] == told["pinned"]
    assert told["dx"] > 0
    assert told["nearer"] == pytest.approx(1.35)
    assert told["spoken"]


def test_the_heat_map_tells_of_the_two_under_the_pointer(page: Path) -> None:
    told = in_browser(
        page,
        "page.ids.heat.tell('pointermove', { clientX: 890, clientY: 20 });"
        "return { said: page.ids['heat-said'].textContent, first: page.run('data.points.title[heat.of[0]]'),"
        " last: page.run('data.points.title[heat.of.at(-1)]') };",
    )
    assert told["first"] in told["said"]
    assert "distance" in told["said"]


def test_pictures_too_heavy_for_one_file_lie_beside_it(shop: Records, data: Path) -> None:
    report = drawn(shop, data, most_embedded_bytes=10)
    shown = read_page(data / "plots" / "products_pca_2d.html")
    (url,) = shown.data["tiles"]["sheets"]
    assert (data / "plots" / url).read_bytes().startswith(b"\xff\xd8")
    assert "img-src data: 'self' file:" in shown.policy
    assert any("beside the page" in note for note in report.subjects[0].notes)
    assert url in {one.name for one in report.files}


def test_places_of_the_geometry_are_the_same_as_on_the_png(page: Path) -> None:
    map_png = pytest.importorskip(
        "catalog_jobs.catalog.plotting.map_png", reason="PNGs need matplotlib: pip install 'reelwear[jobs]'"
    )
    places = np.random.default_rng(3).uniform(-1, 1, (20, 3)).astype(np.float32)
    listed = ",".join(f"{value:.5f}" for value in places.ravel())
    told = in_browser(
        page,
        f"return page.run('(() => {{ const out = {{ x: [], y: [], near: [] }};"
        f"project([{listed}], 3, {{ zoom: 1, x: 0, y: 0 }}, TURN, 2000, 2000, 0, out); return out; }})()');",
    )
    seen = map_png.seen_places(places)
    drawn_there = SimpleNamespace(x=np.array(told["x"]) / 1000 - 1, y=1 - np.array(told["y"]) / 1000)
    np.testing.assert_allclose(seen.xy, np.stack([drawn_there.x, drawn_there.y], axis=1), atol=1e-3)
    np.testing.assert_allclose(seen.nearness, told["near"], atol=1e-4)

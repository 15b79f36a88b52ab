// The points, and what of them is shown just now: which map, which colours, from where.

const data = JSON.parse(document.getElementById("data").textContent);
const canvas = document.getElementById("map");
const stage = document.getElementById("stage");
const pen = canvas.getContext("2d");
const sharpness = Math.min(window.devicePixelRatio || 1, 2.5);
const isCalm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

const PICTURES_IN_SIGHT = 220;
const MOST_LABELS = 100;
const MOST_LABELS_DEEP = 40;
const MARGIN = 46;
const REACH = 14;
const MOVE_MS = 520;
const CUBE = Float32Array.from({ length: 24 }, (_, at) => (((Math.floor(at / 3) >> (at % 3)) & 1) * 2 - 1) * 0.6);
const EDGES = [[0, 1], [2, 3], [4, 5], [6, 7], [0, 2], [1, 3], [4, 6], [5, 7], [0, 4], [1, 5], [2, 6], [3, 7]];

const count = data.points.title.length;
const all = Array.from({ length: count }, (_, at) => at);
const maps = data.maps.map((one) => ({ ...one, places: Float32Array.from(one.places, (value) => value / 10000) }));
const texts = all.map((at) => wordsOf(at));
const seen = { x: new Float32Array(count), y: new Float32Array(count), near: new Float32Array(count) };
const corners = { x: new Float32Array(8), y: new Float32Array(8), near: new Float32Array(8) };
const dots = new Dots(sharpness);
const tiles = new Tiles(data.tiles, () => show());
const now = {
  map: 0, facet: data.facet, places: Float32Array.from(maps[0].places), view: null, turn: { ...TURN },
  off: new Set(), kindsOff: new Set(), question: "", hasPictures: true, hover: -1, pinned: -1,
  order: all, faded: [], width: 0, height: 0, ink: {}, moving: null, isAsked: false, kept: { key: "", list: [] },
};

function wordsOf(at) {
  const classes = data.facets.map((facet) => facet.classes[facet.of[at]].name);
  return [data.points.title[at], data.points.lines[at], kindOf(at), ...classes].join(" ").toLowerCase();
}

function kindOf(at) {
  return data.kinds[data.points.kind[at]];
}

function colorOf(at) {
  const facet = data.facets[now.facet];
  return (facet.paints && facet.paints[at]) || facet.classes[facet.of[at]].color;
}

function dims() {
  return maps[now.map].dims;
}

// Which points are shown: those of classes and kinds that are on; those without the words sought are faint.
function filter() {
  const facet = data.facets[now.facet], question = now.question.trim().toLowerCase();
  const shown = all.filter((at) => !now.off.has(facet.of[at]) && !now.kindsOff.has(data.points.kind[at]));
  now.order = question ? shown.filter((at) => hasWords(texts[at], question)) : shown;
  const found = new Set(now.order);
  now.faded = question ? shown.filter((at) => !found.has(at)) : [];
  now.kept.key = "";
  if (now.hover >= 0 && !found.has(now.hover)) point(-1);
  document.getElementById("found").textContent =
    now.order.length === count ? `${count.toLocaleString("en")} shown` : `${now.order.length.toLocaleString("en")} of ${count.toLocaleString("en")} shown`;
  show();
}

function show() {
  if (now.isAsked) return;
  now.isAsked = true;
  requestAnimationFrame(() => {
    now.isAsked = false;
    draw();
  });
}

function fit(of) {
  now.view = fitted(now.places, of || now.order, dims(), now.width, now.height, MARGIN);
  show();
}

// Go over to another map, all points wandering to their new places.
function chooseMap(number) {
  if (number === now.map) return;
  const from = Float32Array.from(now.places);
  now.map = number;
  now.kept.key = "";
  now.turn = { ...TURN };
  if (isCalm || count > 8000) now.places.set(maps[number].places);
  else now.moving = { from, to: maps[number].places, began: performance.now() };
  now.view = fitted(maps[number].places, now.order, dims(), now.width, now.height, MARGIN);
  for (const tab of document.querySelectorAll("[data-map]")) tab.setAttribute("aria-pressed", String(Number(tab.dataset.map) === number));
  document.getElementById("made").textContent = maps[number].about;
  show();
}

function moveOn() {
  const share = Math.min(1, (performance.now() - now.moving.began) / MOVE_MS);
  between(now.moving.from, now.moving.to, share, now.places);
  if (share >= 1) now.moving = null;
  show();
}

function readColors() {
  const style = getComputedStyle(document.documentElement), read = (name) => style.getPropertyValue(`--${name}`).trim();
  now.ink = { ink: read("ink"), line: read("line"), paper: read("paper"), accent: read("accent"), edge: read("edge"), sans: read("sans") };
  dots.forget();
  show();
}

function resize() {
  const box = stage.getBoundingClientRect(), isFirst = !now.view;
  if (box.width < 2 || box.height < 2) return;
  now.width = box.width;
  now.height = box.height;
  canvas.width = Math.round(box.width * sharpness);
  canvas.height = Math.round(box.height * sharpness);
  if (isFirst) now.view = fitted(now.places, all, dims(), now.width, now.height, MARGIN);
  now.kept.key = "";
  show();
}

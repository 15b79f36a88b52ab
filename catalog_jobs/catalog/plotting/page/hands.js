// Hands on the map: mouse, fingers and keys.

const fingers = new Map();
let press = null;

function placeOf(event) {
  const box = canvas.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

// The point at a place: a picture anywhere on it, a dot nearby.
function pointAt(x, y, reach) {
  const onPictures = picturesOf(now.order), side = pictureSide() / 2;
  for (let at = onPictures.length - 1; at >= 0 && dims() === 2; at--) {
    const one = onPictures[at];
    if (Math.abs(seen.x[one] - x) <= side && Math.abs(seen.y[one] - y) <= side) return one;
  }
  return pick(seen, now.order, x, y, Math.max(reach, dims() === 3 && onPictures.length ? side : 0));
}

function moveBy(dx, dy) {
  if (dims() === 3) {
    now.turn.yaw += dx * 0.008;
    now.turn.pitch = Math.min(1.5, Math.max(-1.5, now.turn.pitch + dy * 0.008));
  } else {
    now.view = { ...now.view, x: now.view.x + dx, y: now.view.y + dy };
  }
  show();
}

function zoomBy(factor, x, y) {
  const middle = dims() === 3;
  now.view = zoomed(now.view, factor, middle ? now.width / 2 : x, middle ? now.height / 2 : y, now.width, now.height);
  show();
}

canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  fingers.set(event.pointerId, placeOf(event));
  press = fingers.size === 1 ? { ...placeOf(event), isMoved: false } : null;
});

canvas.addEventListener("pointermove", (event) => {
  const at = placeOf(event), before = fingers.get(event.pointerId);
  if (!before) {
    if (event.pointerType !== "touch") point(pointAt(at.x, at.y, REACH));
    return;
  }
  if (fingers.size === 2) {
    const [one, other] = [...fingers.entries()].map(([id, place]) => (id === event.pointerId ? at : place));
    const [first, second] = [...fingers.values()];
    const was = Math.hypot(first.x - second.x, first.y - second.y), is = Math.hypot(one.x - other.x, one.y - other.y);
    zoomBy(is / Math.max(1, was), (one.x + other.x) / 2, (one.y + other.y) / 2);
    moveBy((at.x - before.x) / 2, (at.y - before.y) / 2);
  } else if (press) {
    if (Math.hypot(at.x - press.x, at.y - press.y) > 5) press.isMoved = true;
    if (press.isMoved) {
      point(-1);
      moveBy(at.x - before.x, at.y - before.y);
    }
  }
  fingers.set(event.pointerId, at);
});

function lift(event) {
  const at = placeOf(event), reach = event.pointerType === "touch" ? 26 : REACH;
  if (press && !press.isMoved && event.type === "pointerup") pin(pointAt(at.x, at.y, reach));
  fingers.delete(event.pointerId);
  press = null;
}

canvas.addEventListener("pointerup", lift);
canvas.addEventListener("pointercancel", lift);
canvas.addEventListener("pointerleave", () => fingers.size || point(-1));
canvas.addEventListener("dblclick", (event) => zoomBy(2, placeOf(event).x, placeOf(event).y));
canvas.addEventListener(
  "wheel",
  (event) => {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 18 : 1;
    zoomBy(Math.exp(-event.deltaY * lines * 0.0022), placeOf(event).x, placeOf(event).y);
  },
  { passive: false },
);

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

canvas.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const arrow = ARROWS[event.key];
  if (arrow && event.shiftKey) moveBy(-40 * arrow[0], -40 * arrow[1]);
  else if (arrow) walk(arrow);
  else if (event.key === "Enter" || event.key === " ") pin(now.hover >= 0 ? now.hover : now.pinned);
  else if (event.key === "+" || event.key === "=") zoomBy(1.35, now.width / 2, now.height / 2);
  else if (event.key === "-" || event.key === "_") zoomBy(1 / 1.35, now.width / 2, now.height / 2);
  else if (event.key === "0") fit();
  else return;
  event.preventDefault();
});

// Arrow keys go from point to point; the first finds the one in the middle.
function walk([dx, dy]) {
  const from = now.hover >= 0 ? now.hover : now.pinned;
  const isThere = from >= 0 && now.order.includes(from);
  const next = isThere ? stepTo(seen, now.order, from, dx, dy) : pick(seen, now.order, now.width / 2, now.height / 2, Infinity);
  if (next < 0) return;
  point(next);
  bringIntoSight(next);
  spoken.textContent = [data.points.title[next], ...linesOf(next).slice(0, 2)].join(", ");
}

document.addEventListener("keydown", (event) => {
  const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  if (event.key === "Escape") {
    point(-1);
    pin(-1);
  } else if (event.key === "/" && !isTyping) {
    event.preventDefault();
    document.getElementById("question").focus();
  }
});

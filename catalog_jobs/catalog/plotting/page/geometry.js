"use strict";
// Where points of a map are seen. Nothing here knows the page: numbers in, numbers out.

const NEARNESS = 0.28;
const DEPTH_SHARE = 0.9;
const MOST_NEAR = 2.2;
const LEAST_NEAR = 0.45;
const TURN = { yaw: 0.62, pitch: 0.38 };
const MOST_ZOOM = 400;
const MOST_STRETCH = 1.4;

// The size in pixels of one unit of a map that fills a stage, across and up; the longer is stretched a little.
function unitsOf(width, height, margin) {
  const across = Math.max(1, width / 2 - margin), up = Math.max(1, height / 2 - margin);
  return { across: Math.min(across, up * MOST_STRETCH), up: Math.min(up, across * MOST_STRETCH) };
}

// A view that shows the places `of` (all if null) as large as the stage takes; places are x, y, z one after another.
function fitted(places, of, dims, width, height, margin) {
  if (dims === 3 || !of || !of.length) return { zoom: 1, x: 0, y: 0 };
  let left = Infinity, right = -Infinity, low = Infinity, high = -Infinity;
  for (const at of of) {
    left = Math.min(left, places[3 * at]);
    right = Math.max(right, places[3 * at]);
    low = Math.min(low, places[3 * at + 1]);
    high = Math.max(high, places[3 * at + 1]);
  }
  const { across, up } = unitsOf(width, height, margin);
  const wide = (width - 2 * margin) / Math.max(right - left, 0.08) / across;
  const tall = (height - 2 * margin) / Math.max(high - low, 0.08) / up;
  const zoom = Math.min(Math.max(Math.min(wide, tall), 0.5), 12);
  return { zoom, x: (-across * zoom * (left + right)) / 2, y: (up * zoom * (low + high)) / 2 };
}

// Seen places in pixels: x and y of each point into `out`, and how near it is to the eye (1 in the middle).
function project(places, dims, view, turn, width, height, margin, out) {
  const count = places.length / 3, units = unitsOf(width, height, margin);
  const middleX = width / 2 + view.x, middleY = height / 2 + view.y;
  if (dims === 2) {
    for (let at = 0; at < count; at++) {
      out.x[at] = middleX + units.across * view.zoom * places[3 * at];
      out.y[at] = middleY - units.up * view.zoom * places[3 * at + 1];
      out.near[at] = 1;
    }
    return;
  }
  const unit = Math.min(units.across, units.up) * view.zoom * DEPTH_SHARE;
  const cosY = Math.cos(turn.yaw), sinY = Math.sin(turn.yaw), cosP = Math.cos(turn.pitch), sinP = Math.sin(turn.pitch);
  for (let at = 0; at < count; at++) {
    const x = places[3 * at], y = places[3 * at + 1], z = places[3 * at + 2];
    const across = cosY * x + sinY * z, away = cosY * z - sinY * x;
    const up = cosP * y - sinP * away, depth = 1 + NEARNESS * (sinP * y + cosP * away);
    const near = Math.min(MOST_NEAR, Math.max(LEAST_NEAR, 1 / Math.max(depth, 0.001)));
    out.x[at] = middleX + unit * across * near;
    out.y[at] = middleY - unit * up * near;
    out.near[at] = near;
  }
}

// A view that is zoomed by a factor around a place of the stage, which stays where it is.
function zoomed(view, factor, x, y, width, height) {
  const zoom = Math.min(Math.max(view.zoom * factor, 0.3), MOST_ZOOM), by = zoom / view.zoom;
  const fromX = x - width / 2, fromY = y - height / 2;
  return { zoom, x: fromX - (fromX - view.x) * by, y: fromY - (fromY - view.y) * by };
}

// The shown point nearest to a place, within a reach in pixels; -1 for none.
function pick(seen, order, x, y, reach) {
  let best = -1, least = reach * reach;
  for (const at of order) {
    const far = (seen.x[at] - x) ** 2 + (seen.y[at] - y) ** 2;
    if (far <= least) {
      least = far;
      best = at;
    }
  }
  return best;
}

// The nearest shown point in a direction (dx, dy in pixels, one of them 0); -1 for none. What lies aside counts double.
function stepTo(seen, order, from, dx, dy) {
  let best = -1, least = Infinity;
  for (const at of order) {
    const x = seen.x[at] - seen.x[from], y = seen.y[at] - seen.y[from];
    const ahead = x * dx + y * dy, aside = Math.abs(x * dy) + Math.abs(y * dx);
    if (at === from || ahead <= 0.5 || aside > 2 * ahead) continue;
    const cost = ahead + 2 * aside;
    if (cost < least) {
      least = cost;
      best = at;
    }
  }
  return best;
}

// Which of the points in order get a picture of `side` pixels so that no two overlap by more than a sliver. Where the
// stage stands over the map does not matter, so that moving it changes none.
function uncrowded(seen, order, side) {
  const taken = new Map(), kept = [], gap = side * 0.96;
  for (const at of order) {
    const x = seen.x[at], y = seen.y[at];
    const column = Math.floor(x / gap), row = Math.floor(y / gap);
    let isFree = true;
    for (let c = column - 1; c <= column + 1 && isFree; c++) {
      for (let r = row - 1; r <= row + 1 && isFree; r++) {
        const other = taken.get(c * 65536 + r);
        if (other !== undefined && Math.abs(seen.x[other] - x) < gap && Math.abs(seen.y[other] - y) < gap) isFree = false;
      }
    }
    if (!isFree) continue;
    taken.set(column * 65536 + row, at);
    kept.push(at);
  }
  return kept;
}

// Whether a text has every word of a question, in any order and anywhere in it; both in lower case.
function hasWords(text, question) {
  return question.split(/\s+/).every((word) => text.includes(word));
}

// A stretch of places between two maps, 0 to 1.
function between(from, to, share, out) {
  const eased = share * share * (3 - 2 * share);
  for (let at = 0; at < out.length; at++) out[at] = from[at] + (to[at] - from[at]) * eased;
}

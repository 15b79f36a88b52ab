// The map as it is drawn: dots, pictures, labels, and what is pointed at.

function draw() {
  if (!now.view || !now.width) return;
  if (now.moving) moveOn();
  pen.setTransform(sharpness, 0, 0, sharpness, 0, 0);
  pen.clearRect(0, 0, now.width, now.height);
  project(now.places, dims(), now.view, now.turn, now.width, now.height, MARGIN, seen);
  if (dims() === 3) drawCube();
  const order = dims() === 3 ? [...now.order].sort((one, other) => seen.near[one] - seen.near[other]) : now.order;
  const pictured = picturesOf(order);
  pen.globalAlpha = FADED;
  for (const at of now.faded) drawDot(at, 1);
  pen.globalAlpha = 1;
  const hasPicture = new Set(pictured);
  for (const at of order) if (!hasPicture.has(at)) drawDot(at, 1);
  if (now.pinned >= 0) drawTies(now.pinned);
  for (const at of pictured) drawPicture(at);
  if (count <= MOST_LABELS && (dims() === 2 || count <= MOST_LABELS_DEEP)) drawLabels(order, hasPicture);
  for (const at of new Set([now.hover, now.pinned])) if (at >= 0) drawMark(at, hasPicture.has(at));
  placeTip();
}

function radius() {
  return Math.min(11, Math.max(2.6, Math.sqrt(5200 / count)) * Math.pow(Math.max(1, now.view.zoom), 0.3));
}

function pictureSide() {
  const room = Math.min(84, Math.max(40, Math.sqrt((0.18 * now.width * now.height) / count)));
  return Math.min(112, room * Math.pow(Math.max(1, now.view.zoom), 0.42));
}

// The points that get a picture: the pinned one and its neighbours, and where few enough are in sight, all that have
// room.
function picturesOf(order) {
  if (!now.hasPictures || now.moving || !data.tiles.sheets.length) return [];
  const near = chosenFew(order);
  const having = order.filter((at) => tiles.has(at));
  if (dims() === 3) return having.length <= PICTURES_IN_SIGHT ? having : near;
  const isIn = (at) => seen.x[at] > 0 && seen.y[at] > 0 && seen.x[at] < now.width && seen.y[at] < now.height;
  const isCrowded = having.filter(isIn).length > PICTURES_IN_SIGHT;
  const key = `${now.map} ${now.view.zoom} ${now.width} ${now.height} ${now.pinned} ${isCrowded}`;
  if (now.kept.key !== key) {
    const wanted = isCrowded ? near : [...new Set([...near, ...having])];
    now.kept = { key, list: uncrowded(seen, wanted, pictureSide() * 0.9) };
  }
  return now.kept.list.filter((at) => seen.x[at] > -96 && seen.y[at] > -96 && seen.x[at] < now.width + 96 && seen.y[at] < now.height + 96);
}

function chosenFew(order) {
  if (now.pinned < 0) return [];
  const shown = new Set(order), near = neighboursOf(now.pinned).map(({ other }) => other);
  return [now.pinned, ...near].filter((at) => shown.has(at) && tiles.has(at));
}

function drawDot(at, grown) {
  dots.draw(pen, seen.x[at], seen.y[at], colorOf(at), SHAPES[kindOf(at)], radius() * seen.near[at] ** 1.5 * grown, now.ink.edge);
}

function drawPicture(at) {
  const side = pictureSide() * seen.near[at] ** 1.5 * (dims() === 3 ? 0.85 : 1);
  const left = seen.x[at] - side / 2, top = seen.y[at] - side / 2;
  if (!tiles.draw(pen, at, left, top, side)) return drawDot(at, 1);
  pen.lineWidth = 2.2;
  pen.strokeStyle = colorOf(at);
  pen.strokeRect(left, top, side, side);
}

function drawMark(at, isPicture) {
  const reach = isPicture ? pictureSide() * 0.62 : radius() + 5;
  if (isPicture) drawPicture(at);
  else drawDot(at, 1.25);
  pen.lineWidth = at === now.pinned ? 2.6 : 1.8;
  pen.strokeStyle = now.ink.accent;
  pen.beginPath();
  if (isPicture) pen.rect(seen.x[at] - reach, seen.y[at] - reach, 2 * reach, 2 * reach);
  else pen.arc(seen.x[at], seen.y[at], reach, 0, 2 * Math.PI);
  pen.stroke();
}

// Lines from the pinned point to those that lie nearest by their vectors, wherever the map has put them.
function drawTies(at) {
  pen.strokeStyle = now.ink.accent;
  for (const { other, cosine } of neighboursOf(at)) {
    pen.globalAlpha = 0.35 + 0.55 * Math.max(0, cosine);
    pen.lineWidth = 1.4;
    pen.beginPath();
    pen.moveTo(seen.x[at], seen.y[at]);
    pen.lineTo(seen.x[other], seen.y[other]);
    pen.stroke();
  }
  pen.globalAlpha = 1;
}

function drawCube() {
  project(CUBE, 3, now.view, now.turn, now.width, now.height, MARGIN, corners);
  pen.lineWidth = 1;
  pen.strokeStyle = now.ink.line;
  pen.beginPath();
  for (const [start, end] of EDGES) {
    pen.moveTo(corners.x[start], corners.y[start]);
    pen.lineTo(corners.x[end], corners.y[end]);
  }
  pen.stroke();
}

function drawLabels(order, hasPicture) {
  const boxes = [];
  pen.font = `11px ${now.ink.sans}`;
  pen.textAlign = "center";
  pen.textBaseline = "top";
  pen.lineWidth = 3;
  pen.strokeStyle = now.ink.paper;
  pen.fillStyle = now.ink.ink;
  for (const at of order) {
    const title = data.points.title[at], words = title.length > 24 ? `${title.slice(0, 23)}…` : title;
    const half = pen.measureText(words).width / 2 + 2;
    const x = Math.min(Math.max(seen.x[at], half + 3), now.width - half - 3);
    const y = seen.y[at] + (hasPicture.has(at) ? pictureSide() * seen.near[at] ** 1.5 / 2 + 4 : radius() + 4);
    const isHit = boxes.some((box) => x - half < box[2] && x + half > box[0] && y < box[3] && y + 14 > box[1]);
    if (isHit) continue;
    boxes.push([x - half, y, x + half, y + 14]);
    pen.strokeText(words, x, y);
    pen.fillText(words, x, y);
  }
}

function neighboursOf(at) {
  const each = data.near.each, found = [];
  for (let rank = 0; rank < each; rank++) {
    const other = data.near.of[at * each + rank];
    if (other >= 0) found.push({ other, cosine: data.near.cosines[at * each + rank] / 1000 });
  }
  return found;
}

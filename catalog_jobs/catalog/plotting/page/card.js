// What is said of a point: a tip where the pointer is, a card once it is clicked.

const tip = document.getElementById("tip");
const card = document.getElementById("card");
const spoken = document.getElementById("spoken");

function linesOf(at) {
  return data.points.lines[at] ? data.points.lines[at].split("\n") : [];
}

function point(at) {
  if (at === now.hover) return;
  now.hover = at;
  tip.hidden = at < 0;
  canvas.style.cursor = at < 0 ? "" : "pointer";
  if (at >= 0) {
    tip.replaceChildren();
    if (tiles.has(at)) tip.append(tiles.element(at, 112, sharpness));
    tip.append(made("b", "", data.points.title[at]));
    for (const line of linesOf(at).slice(0, 3)) tip.append(made("span", "", line));
  }
  show();
}

function placeTip() {
  if (now.hover < 0) return;
  const wide = tip.offsetWidth, tall = tip.offsetHeight, x = seen.x[now.hover], y = seen.y[now.hover], off = 30;
  const left = x + off + wide > now.width ? x - off - wide : x + off;
  const top = Math.min(Math.max(8, y - tall / 2), now.height - tall - 8);
  tip.style.transform = `translate(${Math.round(Math.max(4, left))}px, ${Math.round(Math.max(4, top))}px)`;
}

function pin(at) {
  now.pinned = at;
  card.hidden = at < 0;
  card.replaceChildren();
  if (at >= 0) {
    card.append(closeButton(), ...pictureOf(at), ...wordsOn(at), ...nearestOn(at));
    spoken.textContent = [data.points.title[at], ...linesOf(at)].join(", ");
  }
  show();
}

function closeButton() {
  const button = made("button", "close", "×");
  button.type = "button";
  button.setAttribute("aria-label", "Close the card");
  button.addEventListener("click", () => {
    pin(-1);
    canvas.focus({ preventScroll: true });
  });
  return button;
}

function pictureOf(at) {
  if (!tiles.has(at)) return [made("p", "blank", "no picture")];
  return [tiles.element(at, 240, sharpness)];
}

function wordsOn(at) {
  const [first, ...others] = linesOf(at), parts = [made("h3", "", data.points.title[at])];
  if (first) {
    const line = made("p", "first");
    const dot = made("i");
    dot.style.background = colorOf(at);
    line.append(dot, made("span", "", first));
    parts.push(line);
  }
  return [...parts, ...others.map((line) => made("p", "", line))];
}

function nearestOn(at) {
  const near = neighboursOf(at);
  if (!near.length) return [];
  const list = made("div", "near");
  for (const { other, cosine } of near) {
    const button = made("button");
    button.type = "button";
    button.title = data.points.title[other];
    button.setAttribute("aria-label", `${data.points.title[other]}, cosine ${cosine.toFixed(2)}`);
    if (tiles.has(other)) button.append(tiles.element(other, 72, sharpness));
    else button.append(made("em", "", data.points.title[other]));
    button.append(made("span", "", cosine.toFixed(2)));
    button.addEventListener("click", () => {
      pin(other);
      bringIntoSight(other);
    });
    list.append(button);
  }
  return [made("h4", "", "Nearest by its vector, with the cosine"), list];
}

function bringIntoSight(at) {
  const x = seen.x[at], y = seen.y[at], edge = 60;
  if (x > edge && y > edge && x < now.width - edge && y < now.height - edge) return;
  now.view = { ...now.view, x: now.view.x + now.width / 2 - x, y: now.view.y + now.height / 2 - y };
  show();
}

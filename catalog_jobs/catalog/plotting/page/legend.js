// What stands beside the map: which map, which colours, which words.

function legendRow(color, sign, words, number, isOn, onToggle, onOnly) {
  const row = made("li"), toggle = made("button", "toggle"), only = made("button", "only", "only");
  toggle.type = only.type = "button";
  toggle.setAttribute("aria-pressed", String(isOn));
  const dot = made("i", "", sign);
  dot.style.color = color;
  toggle.append(dot, made("span", "", words), made("b", "", number.toLocaleString("en")));
  toggle.addEventListener("click", onToggle);
  only.setAttribute("aria-label", `Show ${words} only`);
  only.addEventListener("click", onOnly);
  row.append(toggle, only);
  return row;
}

function fillLegend() {
  const facet = data.facets[now.facet];
  const only = (off, numbers, number) => {
    const isAlone = !off.has(number) && numbers.every((other) => other === number || off.has(other));
    off.clear();
    if (!isAlone) for (const other of numbers) if (other !== number) off.add(other);
  };
  const rows = (off, entries) => {
    const numbers = entries.map((entry) => entry.number);
    return entries.map(({ number, color, sign, words, size }) =>
      legendRow(color, sign, words, size, !off.has(number),
        () => { if (!off.delete(number)) off.add(number); refresh(); },
        () => { only(off, numbers, number); refresh(); }));
  };
  const classes = facet.classes.map((one, number) => ({ number, color: one.color, sign: "●", words: one.name, size: one.count }));
  document.getElementById("classes").replaceChildren(...rows(now.off, classes));
  const kinds = data.kinds.map((kind, number) => ({
    number, color: "", sign: SIGNS[kind], words: kind, size: data.points.kind.filter((other) => other === number).length,
  }));
  document.getElementById("kinds").replaceChildren(...(kinds.length > 1 ? rows(now.kindsOff, kinds) : []));
  document.getElementById("reset").hidden = !now.off.size && !now.kindsOff.size && !now.question;
}

function refresh() {
  filter();
  fillLegend();
}

document.getElementById("facet").addEventListener("change", (event) => {
  now.facet = Number(event.target.value);
  now.off.clear();
  refresh();
  if (now.pinned >= 0) pin(now.pinned);
});

const question = document.getElementById("question");
question.addEventListener("input", () => {
  now.question = question.value;
  refresh();
});
question.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && now.order.length) {
    fit();
    event.preventDefault();
  }
});

document.getElementById("reset").addEventListener("click", () => {
  now.off.clear();
  now.kindsOff.clear();
  now.question = question.value = "";
  refresh();
  question.focus();
});

for (const tab of document.querySelectorAll("[data-map]")) tab.addEventListener("click", () => chooseMap(Number(tab.dataset.map)));
document.getElementById("nearer").addEventListener("click", () => zoomBy(1.5, now.width / 2, now.height / 2));
document.getElementById("farther").addEventListener("click", () => zoomBy(1 / 1.5, now.width / 2, now.height / 2));
document.getElementById("whole").addEventListener("click", () => { now.turn = { ...TURN }; fit(); });
document.getElementById("pictures").addEventListener("click", (event) => {
  now.hasPictures = !now.hasPictures;
  event.currentTarget.setAttribute("aria-pressed", String(now.hasPictures));
  show();
});

window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", readColors);
new ResizeObserver(resize).observe(stage);
readColors();
resize();
refresh();

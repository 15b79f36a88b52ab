// The heat map: how far each is from each, in an order that puts clusters side by side.

const heat = data.heat;
const heatCanvas = document.getElementById("heat");

function rampColor(share) {
  const stops = data.ramp, at = Math.min(0.9999, Math.max(0, share)) * (stops.length - 1), from = Math.floor(at);
  const rgb = (hex) => [1, 3, 5].map((place) => parseInt(hex.slice(place, place + 2), 16));
  const [one, other] = [rgb(stops[from]), rgb(stops[from + 1])];
  return one.map((value, channel) => Math.round(value + (other[channel] - value) * (at - from)));
}

function heatPixels() {
  const bytes = Uint8Array.from(atob(heat.cells), (letter) => letter.charCodeAt(0)), side = heat.of.length;
  const ramp = Array.from({ length: 256 }, (_, value) => rampColor(value / 255));
  const pixels = new ImageData(side, side);
  bytes.forEach((value, cell) => pixels.data.set([...ramp[value], 255], 4 * cell));
  const drawn = document.createElement("canvas");
  drawn.width = drawn.height = side;
  drawn.getContext("2d").putImageData(pixels, 0, 0);
  return { drawn, bytes, side };
}

if (heat) {
  const { drawn, bytes, side } = heatPixels();
  const heatPen = heatCanvas.getContext("2d"), said = document.getElementById("heat-said");
  const strip = 12;

  const drawHeat = () => {
    const wide = heatCanvas.parentElement.clientWidth;
    heatCanvas.width = heatCanvas.height = Math.round(wide * sharpness);
    heatPen.setTransform(sharpness, 0, 0, sharpness, 0, 0);
    heatPen.imageSmoothingEnabled = side > wide;
    heatPen.drawImage(drawn, strip + 3, strip + 3, wide - strip - 3, wide - strip - 3);
    const cell = (wide - strip - 3) / side;
    heat.of.forEach((at, number) => {
      heatPen.fillStyle = colorOf(at);
      heatPen.fillRect(strip + 3 + number * cell, 0, cell + 0.5, strip);
      heatPen.fillRect(0, strip + 3 + number * cell, strip, cell + 0.5);
    });
  };

  const cellAt = (event) => {
    const box = heatCanvas.getBoundingClientRect(), cell = (box.width - strip - 3) / side;
    const column = Math.floor((event.clientX - box.left - strip - 3) / cell);
    const row = Math.floor((event.clientY - box.top - strip - 3) / cell);
    return column >= 0 && row >= 0 && column < side && row < side ? { column, row } : null;
  };

  const tell = (event) => {
    const cell = cellAt(event);
    said.replaceChildren();
    if (!cell) return;
    for (const at of [heat.of[cell.row], heat.of[cell.column]]) {
      const one = made("span", "one");
      if (tiles.has(at)) one.append(tiles.element(at, 64, sharpness));
      one.append(made("span", "", data.points.title[at]));
      said.append(one);
    }
    const far = (bytes[cell.row * side + cell.column] / 255) * heat.most;
    said.append(made("b", "", `distance ${far.toFixed(2)}, cosine ${(1 - far).toFixed(2)}`));
  };

  heatCanvas.addEventListener("pointermove", tell);
  heatCanvas.addEventListener("pointerdown", tell);
  heatCanvas.addEventListener("click", (event) => {
    const cell = cellAt(event);
    if (!cell) return;
    pin(heat.of[cell.row]);
    stage.scrollIntoView({ behavior: isCalm ? "auto" : "smooth", block: "center" });
    bringIntoSight(heat.of[cell.row]);
  });
  document.getElementById("facet").addEventListener("change", drawHeat);
  new ResizeObserver(drawHeat).observe(heatCanvas.parentElement);
  drawHeat();
}

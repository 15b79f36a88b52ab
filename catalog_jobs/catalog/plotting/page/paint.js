// Dots and pictures on a canvas.

const SHAPES = { product: "circle", text: "square", item: "diamond", frame: "triangle", video: "star" };
const SIGNS = { product: "●", text: "■", item: "◆", frame: "▲", video: "★" };
const FADED = 0.13;

// The outline of a shape around 0, 0 that has about the area of a circle of a radius.
function outlineOf(pen, shape, radius) {
  pen.beginPath();
  if (shape === "circle") {
    pen.arc(0, 0, radius, 0, 2 * Math.PI);
    return;
  }
  const corners = { square: 4, diamond: 4, triangle: 3, star: 10 }[shape];
  const first = shape === "square" ? Math.PI / 4 : -Math.PI / 2;
  for (let corner = 0; corner < corners; corner++) {
    const reach = radius * (shape === "star" ? (corner % 2 ? 0.62 : 1.45) : shape === "triangle" ? 1.4 : 1.24);
    const angle = first + (2 * Math.PI * corner) / corners;
    pen.lineTo(reach * Math.cos(angle), reach * Math.sin(angle));
  }
  pen.closePath();
}

// Each colour and shape is drawn once, and from then on copied: thousands of dots stay quick.
class Dots {
  constructor(sharpness) {
    this.sharpness = sharpness;
    this.drawn = new Map();
  }

  forget() {
    this.drawn.clear();
  }

  draw(pen, x, y, color, shape, radius, edge) {
    const size = Math.max(2, Math.round(radius * 4) / 4), key = `${color}${shape}${size}`;
    let dot = this.drawn.get(key);
    if (!dot) {
      const side = Math.ceil((size * 3.2 + 4) * this.sharpness);
      dot = document.createElement("canvas");
      dot.width = dot.height = side;
      const own = dot.getContext("2d");
      own.setTransform(this.sharpness, 0, 0, this.sharpness, side / 2, side / 2);
      outlineOf(own, shape, size);
      own.fillStyle = color;
      own.fill();
      own.lineWidth = 0.8;
      own.strokeStyle = edge;
      own.stroke();
      this.drawn.set(key, dot);
    }
    const side = dot.width / this.sharpness;
    pen.drawImage(dot, x - side / 2, y - side / 2, side, side);
  }
}

// The pictures of points: tiles of sheets, each sheet loaded when a tile of it is first asked for.
class Tiles {
  constructor(tiles, onLoad) {
    this.tiles = tiles;
    this.onLoad = onLoad;
    this.sheets = tiles.sheets.map(() => null);
  }

  has(at) {
    return this.tiles.of[at] >= 0;
  }

  // Draw the tile of a point into a square; false where there is none, or not yet.
  draw(pen, at, x, y, side) {
    const tile = this.tiles.of[at];
    if (!(tile >= 0)) return false;
    const columns = this.tiles.columns, number = Math.floor(tile / (columns * columns)), own = tile % (columns * columns);
    const sheet = this.load(number);
    if (!sheet.complete || !sheet.naturalWidth) return false;
    const from = this.tiles.side;
    pen.drawImage(sheet, (own % columns) * from, Math.floor(own / columns) * from, from, from, x, y, side, side);
    return true;
  }

  load(number) {
    if (!this.sheets[number]) {
      const sheet = new Image();
      sheet.addEventListener("load", () => this.onLoad());
      sheet.src = this.tiles.sheets[number];
      this.sheets[number] = sheet;
    }
    return this.sheets[number];
  }

  // A small canvas of its own that shows a point, now or as soon as its sheet is there.
  element(at, side, sharpness) {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = Math.round(side * sharpness);
    const pen = canvas.getContext("2d");
    pen.imageSmoothingQuality = "high";
    if (!this.draw(pen, at, 0, 0, canvas.width) && this.has(at)) {
      const sheet = this.load(Math.floor(this.tiles.of[at] / this.tiles.columns ** 2));
      sheet.addEventListener("load", () => this.draw(pen, at, 0, 0, canvas.width), { once: true });
    }
    return canvas;
  }
}

// An element with a class and words, which are words whatever is in them.
function made(tag, name, words) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (words !== undefined) element.textContent = words;
  return element;
}

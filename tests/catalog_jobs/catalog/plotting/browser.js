// A browser as far as the page's script needs one: elements, events, frames, and canvases that note what is drawn.
"use strict";
const fs = require("node:fs");
const vm = require("node:vm");

const WIDTH = 900, HEIGHT = 640;

class Target {
  listeners = new Map();
  addEventListener(kind, listener) {
    this.listeners.set(kind, [...(this.listeners.get(kind) || []), listener]);
  }
  tell(kind, event = {}) {
    const told = { type: kind, target: this, currentTarget: this, preventDefault() {}, ...event };
    for (const listener of this.listeners.get(kind) || []) listener(told);
  }
}

class Pen {
  ops = [];
  constructor() {
    return new Proxy(this, {
      get: (pen, name) => {
        if (name in pen || typeof name === "symbol") return pen[name];
        return (...given) => {
          pen.ops.push([name, ...given.map((one) => (typeof one === "number" ? +one.toFixed(2) : one))]);
          return name === "measureText" ? { width: 6 * given[0].length } : undefined;
        };
      },
      set: (pen, name, value) => {
        pen[name] = value;
        pen.ops.push([`set ${name}`, value]);
        return true;
      },
    });
  }
}

class Element extends Target {
  constructor(tag, attributes = {}) {
    super();
    Object.assign(this, { tagName: tag.toUpperCase(), attributes, children: [], style: {}, dataset: {}, className: "" });
    this.hidden = "hidden" in attributes;
    this.value = "";
    this.text = "";
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("data-")) this.dataset[name.slice(5)] = value;
    }
    if (tag === "canvas") Object.assign(this, { width: 300, height: 150, pen: new Pen() });
  }
  get textContent() {
    return this.text + this.children.map((child) => (typeof child === "string" ? child : child.textContent)).join(" ");
  }
  set textContent(words) {
    this.children = [];
    this.text = String(words);
  }
  append(...children) {
    for (const child of children) {
      if (typeof child === "object") child.parentElement = this;
      this.children.push(child);
    }
  }
  replaceChildren(...children) {
    this.children = [];
    this.append(...children);
  }
  setAttribute(name, value) { this.attributes[name] = value; }
  getAttribute(name) { return this.attributes[name]; }
  getContext() { return this.pen; }
  getBoundingClientRect() { return { left: 0, top: 0, width: WIDTH, height: HEIGHT }; }
  get clientWidth() { return WIDTH; }
  get offsetWidth() { return 200; }
  get offsetHeight() { return 150; }
  all() {
    return this.children.flatMap((child) => (typeof child === "object" ? [child, ...child.all()] : []));
  }
  focus() { this.isFocused = true; }
  setPointerCapture() {}
  scrollIntoView() {}
}

class Sheet extends Target {
  set src(url) {
    Object.assign(this, { url, complete: true, naturalWidth: 2048 });
    waiting.push(() => this.tell("load"));
  }
}

const waiting = [];

// Open a page: its script is run, and `run` runs more where it was. `frames` lets the page draw, so many times.
function open(file) {
  const html = fs.readFileSync(file, "utf8");
  const ids = {}, tabs = [];
  for (const [, tag, inside] of html.matchAll(/<([a-z0-9]+)((?:\s+[a-z-]+(?:="[^"]*")?)*)\s*>/g)) {
    const attributes = Object.fromEntries([...inside.matchAll(/([a-z-]+)(?:="([^"]*)")?/g)].map(([, name, value]) => [name, value ?? ""]));
    if (!attributes.id && !attributes["data-map"]) continue;
    const element = new Element(tag, attributes);
    element.parentElement = new Element("div");
    if (attributes.id) ids[attributes.id] = element;
    if (attributes["data-map"]) tabs.push(element);
  }
  const [, json] = html.match(/<script type="application\/json" id="data">([\s\S]*?)<\/script>/);
  ids.data.textContent = json;
  const [, script] = html.match(/<script>([\s\S]*?)<\/script>/);
  const document = new Target();
  Object.assign(document, {
    documentElement: new Element("html"),
    getElementById: (id) => ids[id] || null,
    querySelectorAll: () => tabs,
    createElement: (tag) => new Element(tag),
  });
  const clock = { now: 0 };
  const window = Object.assign(new Target(), { devicePixelRatio: 1, matchMedia: () => Object.assign(new Target(), { matches: false }) });
  const context = vm.createContext({
    window, document, console, Image: Sheet, atob,
    HTMLInputElement: class {}, HTMLSelectElement: class {},
    ImageData: class { constructor(width, height) { this.data = new Uint8ClampedArray(4 * width * height); } },
    ResizeObserver: class { constructor(listener) { this.listener = listener; } observe() { this.listener(); } },
    requestAnimationFrame: (draw) => waiting.push(draw),
    getComputedStyle: () => ({ getPropertyValue: (name) => ` ${name.slice(2)} ` }),
    performance: { now: () => clock.now },
  });
  vm.runInContext(script, context);
  const frames = (count = 3) => {
    for (let frame = 0; frame < count; frame++) {
      clock.now += 200;
      for (const task of waiting.splice(0)) task();
    }
  };
  return { ids, tabs, document, frames, run: (code) => vm.runInContext(code, context) };
}

module.exports = { open, WIDTH, HEIGHT };

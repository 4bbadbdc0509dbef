// One text of JavaScript without libraries. What its elements are called is agreed with moving.cpp,
// scatter.cpp and curve_plots.cpp, how they look with style.cpp.
#include "examples/report/script.h"

namespace gradian::examples {
namespace {

constexpr char kScript[] = R"js(
"use strict";
const byId = id => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
const last = data.steps.length - 1, count = data.labels.length, neighbours = 5;
const slider = byId("step"), play = byId("play");
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
const nameOf = i => data.labels[i] + " " + data.names[data.labels[i]];

// ---- Elements ----

function add(parent, tag, attributes = {}, text = "") {
  const element = parent instanceof SVGElement
    ? document.createElementNS(parent.namespaceURI, tag) : document.createElement(tag);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  element.textContent = text;
  return parent.appendChild(element);
}

// The image of a point, cut from the sheet.
function picture(parent, i) {
  const [width, height, columns] = data.tile, scale = 40 / Math.max(width, height);
  const box = add(parent, "span", {class: "tile", role: "img", "aria-label": nameOf(i)});
  box.style.width = width * scale + "px";
  box.style.height = height * scale + "px";
  box.style.backgroundImage = `url("${byId("sheet").src}")`;
  box.style.backgroundSize = width * scale * columns + "px auto";
  box.style.backgroundPosition =
    `${-(i % columns) * width * scale}px ${-Math.floor(i / columns) * height * scale}px`;
  return box;
}

// ---- Plots ----

// Pairs of numbers as quantize() of image_data.h writes them.
function unpack({unit, numbers}) {
  const bytes = Uint8Array.from(atob(numbers), c => c.charCodeAt(0));
  return Float32Array.from(new Int16Array(bytes.buffer), n => n === -32768 ? NaN : n * unit);
}

// Two snapshots mixed: position 2.5 is halfway from the second to the third.
function mixed(numbers, size, position, into) {
  const before = Math.floor(position), part = position - before;
  const from = before * size, to = Math.min(before + 1, last) * size;
  for (let i = 0; i !== size; i++)
    into[i] = part === 0 ? numbers[from + i] : numbers[from + i] * (1 - part) + numbers[to + i] * part;
}

class Plot {
  constructor(svg, run) {
    this.svg = svg;
    this.origin = run.origin;
    this.points = unpack(run.points);
    this.rays = unpack(run.rays);
    this.xy = new Float32Array(2 * count);
    this.ends = new Float32Array(this.rays.length / (last + 1));
    const live = svg.querySelector(".live");
    this.links = add(live, "path", {class: "links"});
    this.dots = data.labels.map(label => {
      const dot = add(live, "g", {class: "dot of k" + label});
      add(dot, "circle", {r: 2.6});
      add(dot, "text", {class: "middle", y: 3.2}, label);
      return dot;
    });
    this.rings = add(live, "path", {class: "rings"});
    this.rayPaths = [...svg.querySelectorAll(".halo, .ray")].map(path =>
      [path, +[...path.classList].find(name => /^k[0-9]/.test(name)).slice(1)]);
    this.centers = [...svg.querySelectorAll(".center")].map(element => {
      const circle = element.querySelector("circle");
      return {element, label: +element.querySelector("text").textContent,
              x: +circle.getAttribute("cx"), y: +circle.getAttribute("cy")};
    });
    this.about = add(svg.parentElement, "div", {class: "about"});
    svg.after(this.about);
    svg.setAttribute("tabindex", 0);
    svg.setAttribute("role", "application");
    svg.setAttribute("aria-label", svg.getAttribute("aria-label") + "; arrow keys go through it");
  }

  moveTo(position) {
    mixed(this.points, 2 * count, position, this.xy);
    this.dots.forEach((dot, i) => {
      const x = this.xy[2 * i], y = this.xy[2 * i + 1];
      dot.setAttribute("transform", isNaN(x + y) ? "scale(0)" : `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
    });
    this.moveRays(position);
    for (const center of this.centers) this.moveCenter(center, position === last);
    this.mark();
  }

  moveRays(position) {
    mixed(this.rays, this.ends.length, position, this.ends);
    const [x, y] = this.origin;
    for (const [path, k] of this.rayPaths) {
      const dx = this.ends[2 * k], dy = this.ends[2 * k + 1], far = 1000 / Math.hypot(dx, dy);
      path.setAttribute("d", `M${x} ${y}l${(dx * far).toFixed(1)} ${(dy * far).toFixed(1)}`);
    }
  }

  // To the mean of the points that move; in the end to that of all test images, as it was drawn.
  moveCenter({element, label, x, y}, ended) {
    let sumX = 0, sumY = 0, points = 0;
    data.labels.forEach((other, i) => {
      if (other !== label) return;
      sumX += this.xy[2 * i];
      sumY += this.xy[2 * i + 1];
      points++;
    });
    if (ended || points === 0 || isNaN(sumX + sumY)) element.removeAttribute("transform");
    else element.setAttribute("transform",
      `translate(${(sumX / points - x).toFixed(1)} ${(sumY / points - y).toFixed(1)})`);
  }

  // The points nearest to a place, the nearest first.
  nearest(x, y, wanted) {
    const distance = i => Math.hypot(this.xy[2 * i] - x, this.xy[2 * i + 1] - y);
    return data.labels.map((_, i) => [distance(i), i]).filter(pair => !isNaN(pair[0]))
      .sort((a, b) => a[0] - b[0]).slice(0, wanted);
  }

  // Rings around the chosen point and, smaller, its neighbours; and their images below the plot.
  mark() {
    const at = i => `${this.xy[2 * i].toFixed(1)} ${this.xy[2 * i + 1].toFixed(1)}`;
    const ring = (i, r) => `M${at(i)}m${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
    const found = chosen === null ? [] :
      this.nearest(this.xy[2 * chosen], this.xy[2 * chosen + 1], neighbours + 1)
        .map(pair => pair[1]).filter(i => i !== chosen).slice(0, neighbours);
    this.rings.setAttribute("d", chosen === null ? "" : ring(chosen, 9) + found.map(i => ring(i, 5)).join(""));
    this.links.setAttribute("d", found.map(i => `M${at(chosen)}L${at(i)}`).join(""));
    const shown = [chosen, ...found].join();
    if (shown === this.shown) return;
    this.shown = shown;
    this.found = found;
    this.tell(found);
  }

  tell(found) {
    this.about.textContent = chosen === null ? "Choose a dot to see its image here." : "";
    if (chosen === null) return;
    const figure = (i, text) => {
      const box = add(this.about, "figure", {class: data.labels[i] === data.labels[chosen] ? "" : "other"});
      picture(box, i);
      add(box, "figcaption", {}, text);
    };
    figure(chosen, data.labels[chosen]);
    found.forEach(i => figure(i, (data.labels[i] === data.labels[chosen] ? "= " : "\u2260 ") + data.labels[i]));
    add(this.about, "p", {}, nameOf(chosen) + ", and its nearest: " + this.summary());
  }

  summary() {
    const same = this.found.filter(i => data.labels[i] === data.labels[chosen]).length;
    return same + " of " + this.found.length + " are of its class";
  }
}

let chosen = null;  // the index of a point
// The keys go through the points class by class.
const order = data.labels.map((_, i) => i).sort((a, b) => data.labels[a] - data.labels[b] || a - b);
const plots = [...document.querySelectorAll("svg.scatter")]
  .map((svg, i) => data.runs[i] && new Plot(svg, data.runs[i])).filter(plot => plot);

function choose(i, plot) {
  if (i === chosen) return;
  chosen = i;
  plots.forEach(each => each.mark());
  byId("said").textContent = i === null ? "" : `${nameOf(i)}, image ${order.indexOf(i) + 1} of ${count}: ${plot.summary()}`;
}

// ---- The step ----

let position = last;

function show(now) {
  position = now;
  const at = calm ? Math.floor(now) : now;
  const step = mixedStep(at);
  plots.forEach(plot => plot.moveTo(at));
  slider.value = Math.round(at);
  const total = data.steps[last];
  const text = `step ${step} of ${total}, epoch ${(step / total * data.epochs).toFixed(2)}`;
  byId("where").textContent = text;
  slider.setAttribute("aria-valuetext", text);
  document.body.classList.toggle("moving", at !== last);
  for (const mark of document.querySelectorAll(".now"))
    mark.setAttribute("transform", `translate(${step / total * mark.dataset.span})`);
}

function mixedStep(at) {
  const step = [0];
  mixed(data.steps, 1, at, step);
  return Math.round(step[0]);
}

// ---- Playing ----

const secondsInAll = 10;
let frame = 0, before = 0;

function pause() {
  cancelAnimationFrame(frame);
  frame = 0;
  play.textContent = "Play";
}

function advance(time) {
  const next = position + Math.max(0, time - before) / 1000 * last / secondsInAll;
  before = time;
  show(Math.min(next, last));
  if (position === last) pause();
  else frame = requestAnimationFrame(advance);
}

play.addEventListener("click", () => {
  if (frame) return pause();
  if (position === last) show(0);
  play.textContent = "Pause";
  before = performance.now();
  frame = requestAnimationFrame(advance);
});
slider.addEventListener("input", () => {
  pause();
  show(+slider.value);
});
byId("digits").addEventListener("change",
  event => document.body.classList.toggle("digits", event.target.checked));

// ---- Pointing ----

for (const plot of plots) {
  const point = event => {
    const to = plot.svg.getScreenCTM().inverse();
    const {x, y} = new DOMPoint(event.clientX, event.clientY).matrixTransform(to);
    const found = plot.nearest(x, y, 1)[0];
    const reach = event.type === "click" ? 24 : 10;
    if (found && reach >= found[0]) choose(found[1], plot);
    else if (event.type === "click") choose(null, plot);
  };
  plot.svg.addEventListener("pointermove", event => event.pointerType === "mouse" && point(event));
  plot.svg.addEventListener("click", point);
  plot.svg.addEventListener("keydown", event => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const now = chosen === null ? (/Left|Up/.test(event.key) ? 0 : -1) : order.indexOf(chosen);
    const next = {ArrowRight: now + 1, ArrowDown: now + 1, ArrowLeft: now - 1, ArrowUp: now - 1,
                  Home: 0, End: count - 1}[event.key];
    if (event.key === "Escape") choose(null, plot);
    else if (next === undefined) return;
    else choose(order[(next + count) % count], plot);
    event.preventDefault();
  });
}

document.querySelector(".controls").hidden = false;
show(last);
)js";

}  // namespace

std::string page_script() { return kScript; }

}  // namespace gradian::examples

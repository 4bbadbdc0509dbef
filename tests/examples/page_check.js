// Runs inside report.html, after its own script, and plays its reader. Tells the page around it what
// holds and what does not; tests/examples/page.cpp reads that.
"use strict";
const results = [];
const holds = (fact, what, detail = "") =>
  results.push((fact ? "PASS " : "FAIL ") + what + (fact ? "" : ": " + detail));
const wait = milliseconds => new Promise(done => setTimeout(done, milliseconds));
const all = selector => [...document.querySelectorAll(selector)];
const one = selector => document.querySelector(selector);
const placeOf = dot => dot.getAttribute("transform").match(/-?[\d.]+/g).map(Number);
const dotsOf = svg => [...svg.querySelectorAll(".dot")];
const places = () => all(".dot").map(dot => dot.getAttribute("transform"));
const moved = (a, b) => a.filter((place, i) => place !== b[i]).length / a.length;

function slide(value) {
  one("#step").value = value;
  one("#step").dispatchEvent(new Event("input", {bubbles: true}));
}

function checkSlider() {
  const last = +one("#step").max, before = places();
  slide(0);
  holds(moved(before, places()) > 0.9, "the slider moves the points");
  holds(one("#where").textContent.startsWith("step 0 of "), "the step is told",
        one("#where").textContent);
  holds(one("#step").getAttribute("aria-valuetext") === one("#where").textContent,
        "the slider tells its step to a screen reader");
  const svgs = all("svg.scatter");
  holds(svgs.every(svg => dotsOf(svg).length === dotsOf(svgs[0]).length && dotsOf(svg).length),
        "every plot has the same points");
  holds(all(".now").every(mark => mark.getAttribute("transform") === "translate(0)"),
        "the curves mark the step");
  const rays = all(".ray").map(ray => ray.getAttribute("d"));
  slide(last);
  holds(moved(rays, all(".ray").map(ray => ray.getAttribute("d"))) > 0.9, "the rays move");
  holds(moved(before, places()) === 0, "the last step is where it began");
}

// Frames by the clock of timers: where time is virtual, that of frames stands still.
window.requestAnimationFrame = draw => setTimeout(() => draw(performance.now()), 16);
window.cancelAnimationFrame = clearTimeout;

// Whether the fact becomes true in time.
async function becomes(fact) {
  for (let tries = 0; tries !== 300 && !fact(); tries++) await wait(100);
  return fact();
}

async function checkPlay() {
  const play = one("#play"), ended = places();
  play.click();
  holds(play.textContent === "Pause" && await becomes(() => moved(ended, places()) > 0.5), "play plays");
  const first = places();
  holds(await becomes(() => moved(first, places()) > 0.5), "play plays on");
  play.click();
  const paused = places();
  await wait(300);
  holds(play.textContent === "Play" && moved(paused, places()) === 0, "pause stops it");
  slide(+one("#step").max - 1);
  play.click();
  holds(await becomes(() => play.textContent === "Play" && moved(ended, places()) === 0),
        "playing ends at the last step");
}

// A place of the plot on the screen.
function onScreen(svg, [x, y]) {
  const at = new DOMPoint(x, y).matrixTransform(svg.getScreenCTM());
  return {clientX: at.x, clientY: at.y, bubbles: true};
}

// The places around which the plot has rings: the chosen point's, then its neighbours'.
const ringed = svg => [...svg.querySelector(".rings").getAttribute("d")
  .matchAll(/M(-?[\d.]+) (-?[\d.]+)/g)].map(match => [+match[1], +match[2]]);

function nearestPlaces(svg, to, count) {
  const distance = place => Math.hypot(place[0] - to[0], place[1] - to[1]);
  return dotsOf(svg).map(placeOf).sort((a, b) => distance(a) - distance(b)).slice(0, count)
    .map(place => distance(place));
}

function checkNeighbours(svg) {
  const marked = ringed(svg), [chosen] = marked;
  const distances = marked.map(place => Math.hypot(place[0] - chosen[0], place[1] - chosen[1]));
  const expected = nearestPlaces(svg, chosen, 6);
  return marked.length === 6 && distances.every((d, i) => 0.3 > Math.abs(d - expected[i]));
}

function checkPointing() {
  const svgs = all("svg.scatter"), [svg] = svgs;
  const about = () => all(".about").map(box => box.textContent);
  // The outermost point lies on no other.
  const places = dotsOf(svg).map(placeOf);
  const far = places.map((p, i) => [nearestPlaces(svg, p, 2)[1], i]).sort((a, b) => b[0] - a[0])[0][1];
  const at = onScreen(svg, places[far]);
  svg.dispatchEvent(new PointerEvent("pointermove", {...at, pointerType: "mouse"}));
  const label = dotsOf(svg)[far].textContent;
  holds(about().every(text => text.includes(label + " ")), "hover tells the image", about()[0]);
  holds(all(".about").every(box => box.querySelectorAll(".tile").length === 6),
        "hover shows the image and its neighbours in every plot");
  holds(svgs.every(checkNeighbours), "the marked neighbours are the nearest ones");
  holds(all(".about figure.other").every(box => box.textContent.startsWith("\u2260")) &&
        all(".about figcaption").length === 6 * svgs.length,
        "neighbours of another class are marked by a sign");
  const sheet = one("#sheet");
  holds(sheet.naturalWidth > 0 && getComputedStyle(one(".tile")).backgroundImage.includes("data:"),
        "the images are there");
  svg.dispatchEvent(new MouseEvent("click", onScreen(svg, [-300, -300])));
  holds(ringed(svg).length === 0, "a tap beside all points takes the choice away");
  svg.dispatchEvent(new MouseEvent("click", at));
  holds(ringed(svg).length === 6 && one("#said").textContent !== "", "a tap chooses and is told");
}

function checkKeys() {
  const svgs = all("svg.scatter"), svg = svgs[svgs.length - 1];
  const press = key => {
    const event = new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true});
    svg.dispatchEvent(event);
    return event.defaultPrevented;
  };
  press("Escape");
  holds(ringed(svg).length === 0, "Escape takes the choice away");
  holds(press("ArrowRight"), "an arrow key does not scroll the page");
  const first = one("#said").textContent;
  press("ArrowRight");
  const second = one("#said").textContent;
  press("ArrowLeft");
  holds(first !== "" && first !== second && one("#said").textContent === first,
        "arrow keys go to the next point and back");
  holds(!press("Tab"), "Tab leaves a plot");
  const stops = [one("#play"), one("#step"), one("#digits"), ...svgs];
  holds(stops.every(stop => (stop.focus(), document.activeElement === stop)),
        "all that works by pointer has the focus by Tab");
  holds(one("label[for=step]").textContent !== "" && svgs.every(svg => svg.getAttribute("aria-label")),
        "controls and plots have names");
}

function checkDigits() {
  one("#digits").click();
  const shown = selector => getComputedStyle(one(selector)).display !== "none";
  holds(shown(".dot text") && !shown(".dot circle"), "digits stand for dots");
  holds(all(".dot text").every(text => 4.5 <= contrast(text)), "the digits have contrast");
  one("#digits").click();
}

function checkLayout() {
  const wide = all("body *").filter(element => !element.closest(".scroll, .unseen") && !element.ownerSVGElement
    && element.getBoundingClientRect().right > innerWidth + 0.5);
  holds(document.documentElement.scrollWidth <= innerWidth && wide.length === 0,
        "nothing overflows at " + innerWidth, wide.map(element => element.outerHTML.slice(0, 60)));
  const small = [one("#play"), one("#step")].filter(element => 30 > element.getBoundingClientRect().height);
  holds(small.length === 0, "controls are large enough for a finger");
}

// ---- Contrast ----

const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
function rgba(color) {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = color;
  canvas.fillRect(0, 0, 1, 1);
  return canvas.getImageData(0, 0, 1, 1).data;
}

function luminance([r, g, b]) {
  const linear = [r, g, b].map(c => c / 255).map(c => c > 0.04045 ? ((c + 0.055) / 1.055) ** 2.4 : c / 12.92);
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

function backgroundOf(element) {
  const circle = element.closest(".center")?.querySelector("circle");
  if (circle) return rgba(getComputedStyle(circle).fill);
  for (let e = element; e; e = e.parentElement) {
    const color = rgba(getComputedStyle(e).backgroundColor);
    if (color[3] === 255) return color;
  }
  return [255, 255, 255];
}

function contrast(element) {
  const style = getComputedStyle(element);
  const text = luminance(rgba(element.ownerSVGElement ? style.fill : style.color));
  const behind = luminance(backgroundOf(element));
  return (Math.max(text, behind) + 0.05) / (Math.min(text, behind) + 0.05);
}

function checkContrast() {
  const texts = all("body *").filter(element => element.checkVisibility() &&
    !["SCRIPT", "STYLE", "title"].includes(element.tagName) &&
    [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim()));
  const faint = texts.filter(element => 4.5 > contrast(element));
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  holds(texts.length > 100 && faint.length === 0, "all texts have contrast, dark: " + dark,
        faint.slice(0, 5).map(element => contrast(element).toFixed(2) + " " + element.outerHTML.slice(0, 60)));
}

function checkRequests() {
  const outside = performance.getEntriesByType("resource").map(entry => entry.name)
    .filter(name => !name.startsWith("data:"));
  const links = all("[src], [href]").map(element => element.getAttribute("src") ?? element.getAttribute("href"))
    .filter(link => !link.startsWith("data:"));
  holds(outside.length === 0 && links.length === 0, "no request leaves the page", [...outside, ...links]);
}

addEventListener("error", event => holds(false, "the script runs", event.message));
addEventListener("load", async () => {
  try {
    checkSlider();
    await checkPlay();
    checkPointing();
    checkContrast();
    checkDigits();
    checkKeys();
    checkLayout();
    checkRequests();
  } catch (error) {
    holds(false, "the check runs", error.stack);
  }
  parent.postMessage(results.join("\n"), "*");
});

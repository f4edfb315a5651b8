// Draw a digit: the angle that the network sees, and the training images it finds most like it.
"use strict";

const SIZE = 280;
const KINDS = {
  pixels: "by its pixels",
  untrained: "by an untrained network",
  trained: "by the network that learnt rotations",
};

const networks = Object.fromEntries(
  Object.entries(DRAW.networks).map(([name, { weights, features: stored }]) => {
    const parts = Object.entries(weights).map(([part, text]) => [part, halves(text)]);
    return [name, { weights: Object.fromEntries(parts), stored: halves(stored) }];
  }),
);
const [training, examples] = [bytes(DRAW.pictures), bytes(DRAW.examples)];

/** Scale a drawing to 20 pixels and put its mass's centre into pixel 14, as MNIST's makers did. */
function asDigit(canvas) {
  const ink = canvas.getContext("2d").getImageData(0, 0, SIZE, SIZE).data;
  const box = { left: SIZE, top: SIZE, right: -1, bottom: -1, x: 0, y: 0, mass: 0 };
  for (let at = 0; at < SIZE * SIZE; at += 1) {
    const value = ink[4 * at];
    if (value < 32) continue;
    const [x, y] = [at % SIZE, Math.floor(at / SIZE)];
    [box.left, box.right] = [Math.min(box.left, x), Math.max(box.right, x)];
    [box.top, box.bottom] = [Math.min(box.top, y), Math.max(box.bottom, y)];
    box.mass += value;
    box.x += value * x;
    box.y += value * y;
  }
  if (!box.mass) return null;
  const scale = 20 / (Math.max(box.right - box.left, box.bottom - box.top) + 1);
  const small = make("canvas", { width: 28, height: 28 }).getContext("2d");
  small.imageSmoothingQuality = "high";
  const placed = (edge, sum) => Math.round(14.5 - scale * (sum / box.mass + 0.5 - edge)) - scale * edge;
  const at = [placed(box.left, box.x), placed(box.top, box.y)];
  small.drawImage(canvas, ...at, SIZE * scale, SIZE * scale);
  return small.getImageData(0, 0, 28, 28).data.filter((_, i) => i % 4 === 0);
}

/** Find the five training images nearest to a picture, by name of what is compared. */
function nearest(pixels) {
  const rows = { pixels: [pixels, training, 784] };
  for (const [name, { weights, stored }] of Object.entries(networks)) {
    rows[name] = [features(weights, pixels), stored, 128];
  }
  const found = {};
  for (const [name, [own, all, width]] of Object.entries(rows)) {
    const closeness = DRAW.labels.map((_, i) => cosine(own, all.subarray(i * width, (i + 1) * width)));
    found[name] = largest(closeness, 5);
  }
  return found;
}

function report(pixels, places) {
  places.found.replaceChildren();
  places.said.textContent = "Nothing is drawn yet.";
  if (!pixels) return;
  const { weights } = networks.trained;
  const chances = angles(weights, features(weights, pixels));
  const order = largest(chances, 4);
  const parts = order.map((turn) => `${TURNS[turn]} ${percent(chances[turn])}`);
  places.said.textContent = `How it lies, as the network sees it: ${parts.join(", ")}.`;
  for (const [name, indices] of Object.entries(nearest(pixels))) {
    const labels = indices.map((i) => DRAW.labels[i]);
    const pictures = indices.map((i) => paint(pictureOf(training, i), `a ${DRAW.labels[i]}`));
    const words = `Most like it ${KINDS[name]}: ${labels.join(", ")}`;
    places.found.append(make("div", { className: "row" }, make("p", {}, words), ...pictures));
  }
}

function startDrawing(place) {
  const canvas = make("canvas", { width: SIZE, height: SIZE, className: "paper", tabIndex: 0 });
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", "Paper: arrow keys move the pen, space lifts or lowers it");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const places = { said: make("p", { role: "status" }), found: make("div") };
  const [hint, pen] = [make("p", { className: "hint" }), { x: SIZE / 2, y: SIZE / 4, down: false }];
  let [example, waiting, seen] = [0, 0, null];

  function look() {
    clearTimeout(waiting);
    waiting = setTimeout(() => report((seen = asDigit(canvas)), places), 150);
  }
  function clear() {
    context.fillStyle = "black";
    context.fillRect(0, 0, SIZE, SIZE);
    look();
  }
  function line(x, y) {
    Object.assign(context, { strokeStyle: "white", lineWidth: 22, lineCap: "round" });
    context.beginPath();
    context.moveTo(pen.x, pen.y);
    context.lineTo(x, y);
    context.stroke();
    look();
  }
  function move(event) {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    if (event.buttons) line(SIZE * x, SIZE * y);
    Object.assign(pen, { x: SIZE * x, y: SIZE * y });
  }
  const steps = { ArrowLeft: [-14, 0], ArrowRight: [14, 0], ArrowUp: [0, -14], ArrowDown: [0, 14] };
  function press(event) {
    if (event.key === " ") pen.down = !pen.down;
    else if (!steps[event.key]) return;
    event.preventDefault();
    const [dx, dy] = steps[event.key] ?? [0, 0];
    const inside = (value) => Math.min(Math.max(value, 14), SIZE - 14);
    const [x, y] = [inside(pen.x + dx), inside(pen.y + dy)];
    if (pen.down) line(x, y);
    Object.assign(pen, { x, y });
    const [across, below] = [percent(x / SIZE), percent(y / SIZE)];
    const where = `${across} from the left, ${below} from the top`;
    hint.textContent = `The pen is ${pen.down ? "down" : "up"}, ${where}.`;
  }
  function place28(pixels) {
    context.drawImage(paint(pixels, ""), 0, 0, SIZE, SIZE);
    report((seen = pixels), places);
  }
  const actions = {
    Clear: clear,
    "Show a test image": () => place28(pictureOf(examples, (example = (example + 1) % 20))),
    "Turn a quarter to the left": () => seen && place28(turned(seen, 1)),
    "Move a pixel up and left": () => seen && place28(seen.map((_, i) => seen[i + 29] ?? 0)),
  };
  const buttons = Object.entries(actions).map(([name, onclick]) =>
    make("button", { type: "button", onclick }, name),
  );
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    move({ clientX: event.clientX, clientY: event.clientY, buttons: 0 });
    line(pen.x, pen.y);
  });
  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("keydown", press);
  const group = make("div", { className: "buttons" }, ...buttons);
  place.replaceChildren(canvas, hint, group, ...Object.values(places));
  clear();
}

startDrawing(document.getElementById("draw"));

// A map of features: 500 test images, placed by an untrained or a trained encoder, in two ways.
"use strict";

const SIDE = 600;
const WAYS = { pca: "Principal components", tsne: "t-SNE" };

function startMap(place) {
  const pixels = bytes(MAP.pictures);
  const svgName = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(svgName, "svg");
  svg.setAttribute("viewBox", `0 0 ${SIDE} ${SIDE}`);
  svg.setAttribute("role", "application");
  svg.setAttribute("aria-label", "Map: arrow keys go from picture to picture");
  svg.setAttribute("tabindex", "0");
  const marks = MAP.labels.map((label) => {
    const mark = document.createElementNS(svgName, "text");
    mark.textContent = label;
    mark.setAttribute("class", `digit digit-${label}`);
    svg.append(mark);
    return mark;
  });
  const picture = make("canvas", { width: 28, height: 28, className: "large" });
  const said = make("p", { role: "status" });
  const summary = make("p", { role: "status" });
  let [points, chosen] = [[], 0];

  const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
  const neighbours = (at) =>
    largest(points.map((point, i) => (i === at ? -Infinity : -distance(point, points[at]))), 5);

  function choose(at) {
    marks[chosen].classList.remove("chosen");
    chosen = at;
    marks[at].classList.add("chosen");
    paint(pictureOf(pixels, at), `The picture at this place: a ${MAP.labels[at]}`, picture);
    const near = neighbours(at).map((i) => MAP.labels[i]).join(", ");
    said.textContent = `A ${MAP.labels[at]}. The five nearest on the map: ${near}.`;
  }

  function layOut() {
    const [way, kind] = [choice("way"), choice("kind")];
    points = MAP.maps[way][kind];
    points.forEach(([x, y], i) => {
      const at = [x, 1 - y].map((value) => 20 + (SIDE - 40) * value);
      marks[i].style.transform = `translate(${at[0]}px, ${at[1]}px)`;
    });
    const same = points.map((_, i) => {
      return neighbours(i).filter((other) => MAP.labels[other] === MAP.labels[i]).length / 5;
    });
    const share = same.reduce((a, b) => a + b) / same.length;
    summary.textContent =
      `${WAYS[way]}, ${kind} encoder: of the five nearest pictures on the map, ` +
      `${percent(share)} show the same digit.`;
    choose(chosen);
  }

  function choice(name) {
    return place.querySelector(`input[name=${name}]:checked`).value;
  }

  function radios(name, title, options) {
    const inputs = Object.entries(options).map(([value, text], i) => {
      const input = make("input", { type: "radio", name, value, checked: i === 0 });
      input.addEventListener("change", layOut);
      return make("label", {}, input, ` ${text}`);
    });
    return make("fieldset", { className: "choice" }, make("legend", {}, title), ...inputs);
  }

  const ahead = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  svg.addEventListener("keydown", (event) => {
    const way = ahead[event.key];
    if (!way) return;
    event.preventDefault();
    const [x, y] = points[chosen];
    const cost = points.map((point, i) => {
      const [dx, dy] = [point[0] - x, point[1] - y];
      const forward = dx * way[0] + dy * way[1];
      const sideways = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
      return i === chosen || forward <= 0 ? -Infinity : -(forward + 3 * sideways);
    });
    const next = largest(cost, 1)[0];
    if (cost[next] > -Infinity) choose(next);
  });
  for (const event of ["pointermove", "pointerdown"]) {
    svg.addEventListener(event, ({ clientX, clientY }) => {
      const box = svg.getBoundingClientRect();
      const to = [clientX - box.left, clientY - box.top].map((value) => value / box.width);
      const place = to.map((value) => (value * SIDE - 20) / (SIDE - 40));
      choose(largest(points.map((point) => -distance(point, [place[0], 1 - place[1]])), 1)[0]);
    });
  }

  place.replaceChildren(
    radios("kind", "Encoder", { untrained: "untrained", trained: "trained on pairs of views" }),
    radios("way", "Laid out by", WAYS),
    summary,
    make("div", { className: "map" }, svg, make("div", {}, picture, said)),
  );
  layOut();
}

startMap(document.getElementById("map"));

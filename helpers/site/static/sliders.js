// Sliders over stored results: the labels and the seeds of an experiment, and what it was tried on.
"use strict";

const NAMES = { "mnist-5k": "digits", "fashion-mnist-20k": "clothes" };
const signed = (value) => `${value < 0 ? "" : "+"}${value.toFixed(1)}`;

/** The t interval of paired differences, in points, as helpers.evaluation computes it. */
function intervalOf(differences) {
  const count = differences.length;
  const mean = differences.reduce((a, b) => a + b) / count;
  const squares = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const margin = SLIDERS.quantiles[count] * Math.sqrt(squares / (count - 1) / count);
  return { mean, low: mean - margin, high: mean + margin };
}

function verdictOf({ low, high }) {
  if (low > 0) return "better";
  return high < 0 ? "worse" : "not established";
}

/** Draw intervals, one a row, on a common scale; each has a name, mean, low, high, maybe chosen. */
function drawIntervals(rows, reference, points = []) {
  const values = [...rows.flatMap(({ low, high }) => [low, high]), ...points, reference ?? rows[0].low];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const at = (value) => 5 + (90 * (value - low)) / (high - low || 1);
  const mark = (kind, style) => make("span", { className: kind, style });
  const none = make("span", { style: `left: clamp(3rem, ${at(reference)}%, 100% - 3rem)` }, "no difference");
  const named = reference === null ? [] : [make("div", { className: "zero-name" }, none)];
  const lines = rows.map((row) => {
    const bar = mark("bar", `left: ${at(row.low)}%; width: ${at(row.high) - at(row.low)}%`);
    const dots = points.map((value) => mark("dot", `left: ${at(value)}%`));
    const zero = reference === null ? [] : [mark("zero", `left: ${at(reference)}%`)];
    const strip = make("div", { className: "strip" }, ...zero, ...dots, bar);
    strip.append(mark("mean", `left: ${at(row.mean)}%`));
    return make("div", { className: row.chosen ? "line chosen" : "line" }, row.name, strip);
  });
  const chart = make("div", { className: "chart" }, ...named, ...lines);
  chart.setAttribute("aria-hidden", "true"); // the sentence below it says the same
  return chart;
}

function chooser(label, options, chosen, onchange) {
  const select = make("select", {}, ...options.map((name) => make("option", {}, name)));
  select.value = options.includes(chosen) ? chosen : options[0];
  select.addEventListener("change", onchange);
  return [make("label", { className: "choice" }, `${label} `, select), select];
}

function slider(label, count, start, textOf, oninput) {
  const input = make("input", { type: "range", min: 0, max: count - 1, value: start });
  const shown = make("output");
  const update = () => {
    shown.textContent = textOf(Number(input.value));
    input.setAttribute("aria-valuetext", shown.textContent);
  };
  input.addEventListener("input", () => {
    update();
    oninput();
  });
  update();
  return [make("label", { className: "choice" }, `${label} `, input, shown), input];
}

function startSeeds(place) {
  const [which, table] = chooser("Results", SLIDERS.tables.map(({ title }) => title), "", build);
  const controls = make("div");
  const result = make("div");
  place.replaceChildren(which, controls, result);

  function build() {
    const { groups, arm, baseline } = SLIDERS.tables[table.selectedIndex];
    const [setLabel, set] = chooser("Pictures", Object.keys(groups).map(shown), "digits", rebuild);
    function shown(name) {
      return NAMES[name] ?? name;
    }
    function rebuild() {
      const budgets = Object.values(groups)[set.selectedIndex];
      const counts = Object.keys(budgets).sort((a, b) => a - b);
      const arms = Object.keys(budgets[counts[0]]);
      const seeds = budgets[counts[0]][arms[0]].length;
      const middle = Math.max(counts.indexOf("100"), 0);
      const [armLabel, ours] = chooser("Is", arms, arm, update);
      const [baseLabel, theirs] = chooser("better than", arms, baseline, update);
      const [labelLabel, labels] = slider("Labels", counts.length, middle, (i) => counts[i], update);
      const [seedLabel, used] = slider("Seeds", seeds - 1, seeds - 2, (i) => `${i + 2}`, update);
      controls.replaceChildren(setLabel, armLabel, baseLabel, labelLabel, seedLabel);
      update();

      function update() {
        const budget = budgets[counts[labels.value]];
        const differences = budget[ours.value]
          .slice(0, Number(used.value) + 2)
          .map((value, seed) => 100 * (value - budget[theirs.value][seed]));
        const found = intervalOf(differences);
        const { mean, low, high } = found;
        const sentence =
          `With ${counts[labels.value]} labels and ${differences.length} seeds: ${ours.value} minus ` +
          `${theirs.value}, ${signed(mean)} points, 95 % interval ${signed(low)} to ${signed(high)}. `;
        const verdict = make("strong", {}, `Verdict: ${verdictOf(found)}.`);
        const chart = drawIntervals([{ ...found, name: "", chosen: true }], 0, differences);
        result.replaceChildren(chart, make("p", { role: "status" }, sentence, verdict));
      }
    }
    rebuild();
  }
  build();
}

function startShown(place, title, { lesson, sets }) {
  const names = Object.keys(sets).map((name) => NAMES[name] ?? name);
  const [setLabel, set] = chooser("Pictures", names, "digits", build);
  const controls = make("div");
  const result = make("div");
  const source = make("a", { href: `../notebooks/${lesson}.html` }, `lesson ${lesson.slice(0, 2)}`);
  const say = ([name, interval]) => {
    const [mean, low, high] = interval.map((value) => value.toFixed(1));
    return `${name}: ${mean} % [${low}, ${high}]`;
  };
  const row = ([name, [mean, low, high]]) => ({ name: `${name}: ${mean.toFixed(1)}`, mean, low, high });

  function build() {
    const { moved, beside } = Object.values(sets)[set.selectedIndex];
    const values = moved.map(([name]) => name);
    const [label, input] = Number.isNaN(parseFloat(values[0]))
      ? chooser("Show", values, "", update)
      : slider("Move it:", values.length, 0, (i) => values[i], update);
    function update() {
      const at = Number(input.selectedIndex ?? input.value);
      const rows = [...moved, ...beside].map((found, i) => ({ ...row(found), chosen: i === at }));
      const sentence = `${say(moved[at])}. Beside it, ${beside.map(say).join(", ")}.`;
      result.replaceChildren(drawIntervals(rows, null), make("p", { role: "status" }, sentence));
    }
    controls.replaceChildren(setLabel, label);
    update();
  }
  build();
  const from = make("p", { className: "hint" }, "From ", source, ".");
  place.append(make("h3", {}, title), controls, result, from);
}

startSeeds(document.getElementById("seeds"));
for (const [title, about] of Object.entries(SLIDERS.shown)) {
  startShown(document.getElementById("shown"), title, about);
}

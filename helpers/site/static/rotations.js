// You against the network: by how much was each of twenty pictures turned?
"use strict";

const ROUNDS = 20;

function startRotations(place) {
  const pictures = bytes(ROTATIONS.pictures);
  const canvas = make("canvas", { width: 28, height: 28, className: "large" });
  const said = make("p", { role: "status" });
  const buttons = make("div", { className: "buttons", role: "group" });
  buttons.setAttribute("aria-label", "How does the picture lie?");
  let game;

  function begin() {
    const deck = largest(Array.from(Array(pictures.length / 784), Math.random), ROUNDS);
    game = { deck, at: 0, yours: 0, network: 0, wrong: [] };
    buttons.replaceChildren(
      ...TURNS.map((name, turn) =>
        make("button", { type: "button", onclick: () => answer(turn) }, name),
      ),
    );
    said.textContent = `Picture 1 of ${ROUNDS}: how does it lie?`;
    show();
    place.replaceChildren(canvas, buttons, said);
  }

  function show() {
    game.turn = Math.floor(4 * Math.random());
    const pixels = turned(pictureOf(pictures, game.deck[game.at]), game.turn);
    paint(pixels, `Picture ${game.at + 1} of ${ROUNDS}: a handwritten digit, turned or not`, canvas);
  }

  function answer(turn) {
    const chances = ROTATIONS.answers[game.turn][game.deck[game.at]];
    const guess = largest(chances, 1)[0];
    game.yours += turn === game.turn;
    game.network += guess === game.turn;
    if (guess !== game.turn) game.wrong.push(game.at + 1);
    game.at += 1;
    said.textContent =
      `${turn === game.turn ? "Right" : "No"}: picture ${game.at} was ${TURNS[game.turn]}. ` +
      `The network said ${TURNS[guess]}, ${percent(chances[guess])} sure. ` +
      `After ${game.at} of ${ROUNDS}: you ${game.yours}, the network ${game.network}.`;
    if (game.at < ROUNDS) show();
    else finish();
  }

  function finish() {
    const winner =
      game.yours === game.network ? "A draw." : game.yours > game.network ? "You win." : "It wins.";
    const missed = game.wrong.length ? ` It missed number ${game.wrong.join(", ")}.` : "";
    const again = make("button", { type: "button", onclick: begin }, "Play again");
    const score = make(
      "p",
      { tabIndex: -1, className: "score" },
      `You: ${game.yours} of ${ROUNDS}. The network: ${game.network} of ${ROUNDS}. ` +
        `${winner}${missed} Guessing gets ${ROUNDS / 4}.`,
    );
    place.replaceChildren(score, said, make("div", { className: "buttons" }, again));
    score.focus();
  }

  begin();
}

function showMistakes(place) {
  const { pictures, angles, guesses, sure } = ROTATIONS.mistakes;
  const pixels = bytes(pictures);
  const cards = angles.map((angle, i) => {
    const text = `It said ${TURNS[guesses[i]]}, ${percent(sure[i])} sure. It was ${TURNS[angle]}.`;
    const canvas = paint(pictureOf(pixels, i), `A digit that lies ${TURNS[angle]}`);
    return make("li", {}, canvas, make("span", {}, text));
  });
  place.replaceChildren(
    make(
      "p",
      {},
      `Of all ${ROTATIONS.asked.toLocaleString("en")} turned test pictures it gets ` +
        `${percent(ROTATIONS.accuracy, 1)} right. These are the wrong ones that it was surest of:`,
    ),
    make("ul", { className: "cards" }, ...cards),
    make(
      "p",
      {},
      `And of ${ROTATIONS.moved_asked.toLocaleString("en")} pictures that were moved by one pixel, up ` +
        `and to the left, before they were turned, it gets ${percent(ROTATIONS.moved, 1)} right.`,
    ),
  );
}

startRotations(document.getElementById("rotations"));
showMistakes(document.getElementById("mistakes"));

// On every page: figures open in place, Escape puts explanations away, what scrolls can be reached,
// and paper is white.
"use strict";

const { dataset } = document.documentElement;
let screenTheme;
addEventListener("beforeprint", () => {
  screenTheme = dataset.theme;
  dataset.theme = "light";
});
addEventListener("afterprint", () => {
  dataset.theme = screenTheme;
});

document.addEventListener("DOMContentLoaded", () => {
  const dialog = document.createElement("dialog");
  dialog.className = "enlarged";
  dialog.innerHTML = '<form method="dialog"><button>Close</button></form>';
  document.body.append(dialog);
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });

  for (const link of document.querySelectorAll("a.enlarge")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const picture = link.querySelector("img").cloneNode();
      dialog.querySelector("img")?.remove();
      dialog.append(picture);
      dialog.setAttribute("aria-label", picture.alt);
      dialog.showModal();
    });
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.body.classList.add("unexplained");
  });
  for (const event of ["mouseover", "focusin"]) {
    document.addEventListener(event, ({ target }) => {
      if (target.closest?.(".term")) document.body.classList.remove("unexplained");
    });
  }
  const unfolded = ({ target }) => {
    for (const block of target.querySelectorAll("pre")) {
      if (block.scrollWidth > block.clientWidth) block.tabIndex = 0;
    }
  };
  document.addEventListener("toggle", unfolded, true);
});

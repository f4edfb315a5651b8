// A search quotes the pages that it finds. From a folder browsers fetch no page, so the texts lie
// in texts.js; from a server they come from there too, which is faster.
"use strict";

window.fetch = async (address) => {
  const root = new URL(document.documentElement.dataset.content_root, location.href).pathname;
  const page = new URL(address, location.href).pathname.slice(root.length).replace(/\.html$/, "");
  const main = document.createElement("div");
  main.setAttribute("role", "main");
  main.textContent = PAGE_TEXTS[decodeURIComponent(page)] ?? "";
  return new Response(main.outerHTML);
};

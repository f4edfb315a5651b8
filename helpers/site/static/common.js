// What the demonstrations share: numbers out of text, pictures, and building a page.
"use strict";

const TURNS = ["upright", "a quarter to the left", "upside down", "a quarter to the right"];

/** Build an element: make("button", { type: "button", onclick }, "Play", ...). */
function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

/** Decode base64 into bytes. */
function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** Decode base64 into numbers that were stored with 16 bits. */
function halves(text) {
  return Float32Array.from(new Uint16Array(bytes(text).buffer), (bits) => {
    const exponent = (bits >> 10) & 31;
    const fraction = (bits & 1023) / 1024;
    const size = exponent ? 2 ** (exponent - 15) * (1 + fraction) : 2 ** -14 * fraction;
    return bits >> 15 ? -size : size;
  });
}

/** Return picture number i of many, 28 x 28 bytes each. */
function pictureOf(pixels, i) {
  return pixels.subarray(i * 784, (i + 1) * 784);
}

/** Turn a picture counter-clockwise by a number of quarters. */
function turned(pixels, quarters) {
  let result = pixels;
  for (let quarter = 0; quarter < quarters; quarter += 1) {
    const before = result;
    result = before.map((_, at) => before[(at % 28) * 28 + 27 - Math.floor(at / 28)]);
  }
  return result;
}

/** Paint a picture on a canvas, white on black as the data set has it; return the canvas. */
function paint(pixels, label, canvas = make("canvas", { width: 28, height: 28 })) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(28, 28);
  pixels.forEach((value, at) => image.data.set([value, value, value, 255], 4 * at));
  context.putImageData(image, 0, 0);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", label);
  return canvas;
}

/** Return the indices of the largest values, largest first. */
function largest(values, count) {
  return [...values.keys()].sort((a, b) => values[b] - values[a]).slice(0, count);
}

/** Return the cosine of two lists of numbers; with only zeros in one it is 0. */
function cosine(a, b) {
  let [product, first, second] = [0, 0, 0];
  for (let i = 0; i < a.length; i += 1) {
    product += a[i] * b[i];
    first += a[i] * a[i];
    second += b[i] * b[i];
  }
  return product / Math.sqrt(first * second || 1);
}

/** Write a share as a percentage. */
function percent(share, digits = 0) {
  return `${(100 * share).toFixed(digits)} %`;
}

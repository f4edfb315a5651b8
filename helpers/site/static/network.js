// The network of lesson 01 in plain JavaScript: two convolutions, each pooled, and a dense layer.
"use strict";

/** Convolve with 3 x 3 kernels, then keep the largest of each 2 x 2 block, and nothing under 0. */
function convolved(input, side, channelsIn, kernel, bias) {
  const channels = bias.length;
  const inner = side - 2;
  const output = new Float32Array(inner * inner * channels);
  for (let y = 0; y < inner; y += 1) {
    for (let x = 0; x < inner; x += 1) {
      const at = (y * inner + x) * channels;
      output.set(bias, at);
      for (let dy = 0; dy < 3; dy += 1) {
        for (let dx = 0; dx < 3; dx += 1) {
          for (let c = 0; c < channelsIn; c += 1) {
            const value = input[((y + dy) * side + x + dx) * channelsIn + c];
            if (value === 0) continue;
            const row = ((dy * 3 + dx) * channelsIn + c) * channels;
            for (let k = 0; k < channels; k += 1) output[at + k] += value * kernel[row + k];
          }
        }
      }
    }
  }
  const half = Math.floor(inner / 2);
  const pooled = new Float32Array(half * half * channels); // begins with zeros: a ReLU
  for (let y = 0; y < 2 * half; y += 1) {
    for (let x = 0; x < 2 * half; x += 1) {
      const to = ((y >> 1) * half + (x >> 1)) * channels;
      const from = (y * inner + x) * channels;
      for (let k = 0; k < channels; k += 1) {
        pooled[to + k] = Math.max(pooled[to + k], output[from + k]);
      }
    }
  }
  return [pooled, half];
}

function dense(input, kernel, bias) {
  const output = Float64Array.from(bias);
  input.forEach((value, i) => {
    for (let k = 0; k < bias.length; k += 1) output[k] += value * kernel[i * bias.length + k];
  });
  return output;
}

/** Return the 128 features of 784 bytes. */
function features(weights, pixels) {
  const scaled = Float32Array.from(pixels, (value) => value / 255);
  const first = convolved(scaled, 28, 1, weights.convolution_1, weights.convolution_1_bias);
  const [second] = convolved(...first, 32, weights.convolution_2, weights.convolution_2_bias);
  return dense(second, weights.dense, weights.dense_bias).map((value) => Math.max(value, 0));
}

/** Return the probabilities of the four angles, given features. */
function angles(weights, values) {
  const logits = dense(values, weights.head, weights.head_bias);
  const powers = logits.map((value) => Math.exp(value - Math.max(...logits)));
  const sum = powers.reduce((a, b) => a + b);
  return [...powers.map((value) => value / sum)];
}

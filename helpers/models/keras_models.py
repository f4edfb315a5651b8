"""The rotation classifier in Keras, its encoder, and training that shows its progress.

Images stay uint8 arrays, grey or in colour; each batch is scaled, and where needed rotated, on its
way to the model.
"""

import keras
import numpy as np
import tensorflow as tf

from helpers.lesson import CONVOLUTIONAL_LAYER, LAST_LAYER, check_at_least, progress_bar
from helpers.pretext.rotation import ANGLES


def rotation_classifier(
    image_size: int = 28, outputs: int = len(ANGLES), channels: int = 1
) -> keras.Sequential:
    """Build the network of lesson 01, with fresh random weights, not compiled.

    >>> rotation_classifier().input_shape, rotation_classifier().output_shape
    ((None, 28, 28, 1), (None, 4))

    From float32 from 0 to 1 to probabilities. Images need at least 10 pixels a side.
    """
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((image_size, image_size, channels)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(name=CONVOLUTIONAL_LAYER),
            layers.Dense(128, activation="relu", name=LAST_LAYER),
            layers.Dense(outputs, activation="softmax", name="head"),
        ]
    )


def encoder_of(classifier: keras.Model, layer: str = LAST_LAYER) -> keras.Model:
    """Return the part of a classifier that ends at a layer, as a model of its own.

    >>> encoder_of(rotation_classifier(), CONVOLUTIONAL_LAYER).output_shape
    (None, 1600)

    The layers are shared: training one trains the other. The classifier stays whole, which
    ``Sequential.pop()`` would not leave it.
    """
    return keras.Model(classifier.inputs, classifier.get_layer(layer).output)


def compile_classifier(model: keras.Model) -> keras.Model:
    """Compile with Adam and sparse categorical cross-entropy, as in lesson 01, and return it."""
    accuracy = keras.metrics.SparseCategoricalAccuracy("accuracy")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=[accuracy], jit_compile=False)
    return model


def scaled(images: np.ndarray | tf.Tensor) -> tf.Tensor:
    """Turn uint8 images into float32 ``(n, height, width, channels)``, 0 to 1.

    >>> scaled(np.zeros((5, 28, 28), np.uint8)).shape
    TensorShape([5, 28, 28, 1])

    Grey images, ``(n, height, width)``, get one channel; those in colour have three.
    """
    images = tf.cast(images, tf.float32)
    return (images[..., tf.newaxis] if images.shape.rank == 3 else images) / 255


def labelled_batches(
    images: np.ndarray, labels: np.ndarray, batch_size: int, seed: int
) -> tf.data.Dataset:
    """Serve shuffled, scaled batches of labelled images without end; the seed gives their order."""
    order = tf.data.Dataset.from_tensor_slices((images, labels)).shuffle(len(images), seed=seed)
    batches = order.repeat().batch(batch_size)
    return _not_tuned(batches.map(lambda image, label: (scaled(image), label)))


def rotation_batches(images: np.ndarray, batch_size: int, seed: int) -> tf.data.Dataset:
    """Serve shuffled batches of the rotation task without end, rotating only one batch at a time.

    >>> batches = rotation_batches(np.zeros((20, 28, 28), np.uint8), batch_size=8, seed=0)
    >>> rotated, angles = next(iter(batches))
    >>> rotated.shape, angles.numpy().tolist()
    (TensorShape([8, 28, 28, 1]), [0, 0, 1, 1, 2, 2, 3, 3])

    Each image is shown at all angles in one batch; labels are indices into ``ANGLES``.
    """
    if batch_size < len(ANGLES) or batch_size % len(ANGLES):
        raise ValueError(f"batch_size must be a positive multiple of 4, got {batch_size}")
    sources = batch_size // len(ANGLES)

    def rotate(batch: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        upright = scaled(batch)
        rotated = tf.concat([tf.image.rot90(upright, turns) for turns in range(len(ANGLES))], 0)
        return rotated, tf.repeat(tf.range(len(ANGLES)), sources)

    order = tf.data.Dataset.from_tensor_slices(images).shuffle(len(images), seed=seed)
    return _not_tuned(order.repeat().batch(sources).map(rotate))


def _not_tuned(batches: tf.data.Dataset) -> tf.data.Dataset:
    """Switch off tf.data's tuner: a fit waits for its next look, and can take twice its time.

    ``tests/benchmarks/short_fits.py`` measures it.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return batches.with_options(options)


def fit_steps(model: keras.Model, batches: tf.data.Dataset, steps: int, title: str = "") -> None:
    """Train a compiled model for a number of batches; a title opens a progress bar."""
    check_at_least(1, steps=steps)  # with none, Keras would wait for the end of endless batches
    callbacks = [ProgressBar(title)] if title else []
    model.optimizer.build(model.trainable_variables)  # here, or fit() would trace the step twice
    model.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0, callbacks=callbacks)


class ProgressBar(keras.callbacks.Callback):
    """A progress bar over all batches of a fit, with the latest metrics and the time left."""

    def __init__(self, title: str):
        super().__init__()
        self.title = title

    def on_train_begin(self, logs=None):
        """Open the bar."""
        total = self.params["epochs"] * self.params["steps"]
        self.bar = progress_bar(total, self.title)

    def on_train_batch_end(self, batch, logs=None):
        """Move the bar by one batch."""
        self.bar.update()

    def on_epoch_end(self, epoch, logs=None):
        """Show the metrics of the epoch."""
        shown = {name: f"{value:.3f}" for name, value in (logs or {}).items() if name != "val_loss"}
        self.bar.set_postfix(shown, refresh=False)

    def on_train_end(self, logs=None):
        """Close the bar in its last state."""
        self.bar.close()


def answers_of(model: keras.Model, images: np.ndarray, batch_size: int = 500) -> np.ndarray:
    """Apply an encoder or a classifier to uint8 images, scaling one batch at a time.

    >>> answers_of(rotation_classifier(), np.zeros((3, 28, 28), np.uint8)).shape
    (3, 4)
    """
    starts = range(0, len(images), batch_size)
    batches = (scaled(images[start : start + batch_size]) for start in starts)
    return np.concatenate([model(batch, training=False).numpy() for batch in batches])

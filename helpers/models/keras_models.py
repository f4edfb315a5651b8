"""The rotation classifier in Keras, its encoder, and training that shows its progress.

Images stay uint8 arrays; each batch is scaled, and where needed rotated, on its way to the model.
"""

import keras
import numpy as np
import tensorflow as tf

from helpers.lesson.artefacts import CONVOLUTIONAL_LAYER, LAST_LAYER
from helpers.lesson.progress import progress_bar
from helpers.pretext.rotation import ANGLES


def rotation_classifier(image_size: int = 28, outputs: int = len(ANGLES)) -> keras.Sequential:
    """Build the network of lesson 01, with fresh random weights.

    Parameters
    ----------
    image_size : int
        Height and width of the grey images, in pixels; at least 10.
    outputs : int
        Number of classes of the head: 4 angles, or the classes of a labelled set.

    Returns
    -------
    keras.Sequential
        Not compiled. Takes float32 of shape ``(n, image_size, image_size, 1)`` from 0 to 1 and
        gives probabilities of shape ``(n, outputs)``.
    """
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((image_size, image_size, 1)),
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

    The layers are shared: training one trains the other. The classifier stays whole, which
    ``Sequential.pop()`` would not leave it.

    Parameters
    ----------
    classifier : keras.Model
        A model with a layer of that name.
    layer : str
        ``LAST_LAYER`` (128 features for 28 x 28 images) or ``CONVOLUTIONAL_LAYER`` (1600).

    Returns
    -------
    keras.Model
    """
    return keras.Model(classifier.inputs, classifier.get_layer(layer).output)


def with_new_head(encoder: keras.Model, outputs: int) -> keras.Sequential:
    """Put a fresh softmax head on a copy of an encoder, as lesson 02 does.

    Parameters
    ----------
    encoder : keras.Model
        A chain of layers; neither it nor its weights change when the copy is trained.
    outputs : int
        Number of classes.

    Returns
    -------
    keras.Sequential
        Not compiled.
    """
    body = keras.models.clone_model(encoder)
    body.set_weights(encoder.get_weights())
    head = keras.layers.Dense(outputs, activation="softmax", name="head")
    return keras.Sequential([*body.layers, head])


def compile_classifier(model: keras.Model) -> keras.Model:
    """Compile with Adam and sparse categorical cross-entropy, as in lesson 01, and return it."""
    model.compile(
        "adam", "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False
    )
    return model


def scaled(images: np.ndarray | tf.Tensor) -> tf.Tensor:
    """Turn uint8 images ``(n, height, width)`` into float32 ``(n, height, width, 1)``, 0 to 1."""
    return tf.cast(images, tf.float32)[..., tf.newaxis] / 255


def labelled_batches(
    images: np.ndarray, labels: np.ndarray, batch_size: int, seed: int
) -> tf.data.Dataset:
    """Serve shuffled, scaled batches of labelled images without end.

    Parameters
    ----------
    images : numpy.ndarray
        uint8 of shape ``(n, height, width)``.
    labels : numpy.ndarray
        Integers of shape ``(n,)``.
    batch_size : int
        Images in a batch.
    seed : int
        Order of the images; the same seed gives the same batches.

    Returns
    -------
    tensorflow.data.Dataset
        Pairs of float32 ``(batch_size, height, width, 1)`` from 0 to 1, and labels.
    """
    order = tf.data.Dataset.from_tensor_slices((images, labels)).shuffle(len(images), seed=seed)
    batches = order.repeat().batch(batch_size)
    return batches.map(lambda image, label: (scaled(image), label))


def rotation_batches(images: np.ndarray, batch_size: int, seed: int) -> tf.data.Dataset:
    """Serve shuffled batches of the rotation task without end, rotating only one batch at a time.

    Parameters
    ----------
    images : numpy.ndarray
        uint8 of shape ``(n, size, size)``: kept as they are, never copied four times.
    batch_size : int
        Images in a batch: a multiple of 4, a quarter of them at each angle.
    seed : int
        Order of the images; the same seed gives the same batches.

    Returns
    -------
    tensorflow.data.Dataset
        Pairs of float32 ``(batch_size, size, size, 1)`` from 0 to 1, and indices into ``ANGLES``.

    Raises
    ------
    ValueError
        If the batch size is not a positive multiple of 4.
    """
    if batch_size < len(ANGLES) or batch_size % len(ANGLES):
        raise ValueError(f"batch_size must be a positive multiple of 4, got {batch_size}")
    sources = batch_size // len(ANGLES)

    def rotate(batch: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        upright = scaled(batch)
        rotated = tf.concat([tf.image.rot90(upright, turns) for turns in range(len(ANGLES))], 0)
        return rotated, tf.repeat(tf.range(len(ANGLES)), sources)

    order = tf.data.Dataset.from_tensor_slices(images).shuffle(len(images), seed=seed)
    return order.repeat().batch(sources).map(rotate)


def fit_steps(model: keras.Model, batches: tf.data.Dataset, steps: int, title: str = "") -> None:
    """Train a compiled model for a number of steps.

    Parameters
    ----------
    model : keras.Model
        Compiled; its weights change.
    batches : tensorflow.data.Dataset
        At least ``steps`` batches.
    steps : int
        Number of batches to train on; at least 1.
    title : str
        What is trained: the name of a progress bar. Without it there is none.
    """
    callbacks = [ProgressBar(title)] if title else []
    model.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0, callbacks=callbacks)


class ProgressBar(keras.callbacks.Callback):
    """A progress bar over all batches of a fit, with the latest metrics and the time left.

    Parameters
    ----------
    title : str
        What is trained.
    """

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


def predict(model: keras.Model, images: np.ndarray, batch_size: int = 500) -> np.ndarray:
    """Apply a model to uint8 images, scaling one batch at a time.

    Parameters
    ----------
    model : keras.Model
        An encoder or a classifier.
    images : numpy.ndarray
        uint8 of shape ``(n, height, width)``.
    batch_size : int
        Images scaled and computed together.

    Returns
    -------
    numpy.ndarray
        float32 of shape ``(n, d)``: features or probabilities.
    """
    starts = range(0, len(images), batch_size)
    batches = (scaled(images[start : start + batch_size]) for start in starts)
    return np.concatenate([model(batch, training=False).numpy() for batch in batches])


def accuracy(model: keras.Model, images: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of uint8 images that a classifier labels correctly, from 0 to 1."""
    return float((predict(model, images).argmax(axis=1) == labels).mean())

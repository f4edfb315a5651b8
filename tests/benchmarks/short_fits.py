"""How long a Keras fit takes beyond its last batch, with tf.data's tuner and without it.

    python tests/benchmarks/short_fits.py

The tuner looks at the batches 10 milliseconds after the start, and after each look waits twice as
long for the next. A fit that has served its last batch waits for that look too, so it can take
twice as long as its steps. It asserts nothing: times depend on the machine. It prints, for each
way, the time of a fit divided by that of its steps, the largest of several fits.
"""

import argparse
import time

from helpers.lesson.environment import prepare_keras

IMAGES = 1000
BATCH = 64
WARM_UP = 5


def stretched(tuner: bool, steps: int) -> float:
    """Fit the lessons' classifier to noise, and divide the time taken by that of its batches."""
    import keras
    import numpy as np
    import tensorflow as tf

    from helpers.models.keras_models import (
        compile_classifier,
        fit_steps,
        rotation_batches,
        rotation_classifier,
    )

    keras.utils.clear_session()
    images = np.random.default_rng(0).integers(0, 256, (IMAGES, 28, 28), dtype=np.uint8)
    options = tf.data.Options()
    options.autotune.enabled = tuner
    batches = rotation_batches(images, BATCH, seed=0).with_options(options)
    model = compile_classifier(rotation_classifier())
    fit_steps(model, batches, WARM_UP)
    moments = []
    note = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: moments.append(time.perf_counter())
    )
    start = time.perf_counter()
    model.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0, callbacks=[note])
    return (time.perf_counter() - start) / (moments[-1] - start)


def main() -> None:
    """Print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=200, help="batches of each fit")
    parser.add_argument("--repeats", type=int, default=4, help="of which the largest is printed")
    arguments = parser.parse_args()
    prepare_keras(seed=0)
    for tuner in (True, False):
        found = max(stretched(tuner, arguments.steps) for _ in range(arguments.repeats))
        print(f"{'with' if tuner else 'without'} the tuner: {found:.2f} times its batches")


if __name__ == "__main__":
    main()

"""Lesson 04: patches, masks, and a loss that looks only at what was hidden."""

import numpy as np

from helpers.lesson.exercises import Exercise


def into_squares(images, patch):
    """Cut images, `(n, size, size)`, into square patches of `patch` times `patch` pixels.

    Return an array `(n, patches, patch * patch)`. The patches come row by row: left to right, then
    the next row; so do the pixels within each. `size` is a multiple of `patch`.
    """
    side = images.shape[1] // patch
    tiles = images.reshape(len(images), side, patch, side, patch)
    return tiles.swapaxes(2, 3).reshape(len(images), side * side, patch * patch)


def _reshaped_only(images, patch):
    return images.reshape(len(images), -1, patch * patch)


def _patches_down_columns(images, patch):
    side = images.shape[1] // patch
    tiles = images.reshape(len(images), side, patch, side, patch).transpose(0, 3, 1, 2, 4)
    return tiles.reshape(len(images), side * side, patch * patch)


def _pixels_down_columns(images, patch):
    pieces = into_squares(images, patch)
    pixels = pieces.reshape(*pieces.shape[:2], patch, patch).swapaxes(2, 3)
    return pixels.reshape(pieces.shape)


def _square_pieces(images, patch):
    pieces = into_squares(images, patch)
    return pieces.reshape(*pieces.shape[:2], patch, patch)


def masks_by_rank(numbers, hidden):
    """Return true where a number is among the `hidden` smallest of its row, else false.

    `numbers` has the shape `(images, patches)`, and no number occurs twice. Return an array of true
    and false of the same shape.
    """
    order = numbers.argsort(axis=1)
    masks = np.zeros(numbers.shape, dtype=bool)
    np.put_along_axis(masks, order[:, :hidden], True, axis=1)
    return masks


def _below_the_share(numbers, hidden):
    return numbers < hidden / numbers.shape[1]


def _smallest_of_the_batch(numbers, hidden):
    count = hidden * len(numbers)
    return numbers <= np.sort(numbers, axis=None)[count - 1]


def _same_for_all_images(numbers, hidden):
    return np.repeat(masks_by_rank(numbers[:1], hidden), len(numbers), axis=0)


def error_where_hidden(rebuilt, images, hidden):
    """Return the mean squared error over the hidden pixels of all images, one number.

    All three have the shape `(n, size, size)`; `hidden` is true where a pixel was hidden. Every
    hidden pixel of the batch counts alike.
    """
    return np.mean((rebuilt - images)[hidden] ** 2)


def _mean_of_means(rebuilt, images, hidden):
    each = zip(rebuilt, images, hidden, strict=True)
    return np.mean([np.mean((ours - image)[under] ** 2) for ours, image, under in each])


def times_as_fast(patches, hidden, per_patch, fixed):
    """Return the time for all patches divided by the time for the visible ones, one number.

    `patches` of an image are `hidden` or visible. Encoding costs `per_patch` seconds for each patch
    that is encoded, and `fixed` seconds besides, whatever is hidden.
    """
    return (fixed + patches * per_patch) / (fixed + (patches - hidden) * per_patch)


def _fixed_for_all_only(patches, hidden, per_patch, fixed):
    return (fixed + patches * per_patch) / ((patches - hidden) * per_patch)


def gaps_filled(images, painted, masks, patch):
    """Return the images with their hidden patches taken from `painted`, `(n, size, size)`.

    `images` and `painted` have that shape, too. `masks`, `(n, patches)`, is true where a patch is
    hidden. Patches are `patch` times `patch` pixels, and come row by row, left to right.
    """
    side = images.shape[1] // patch
    tiles = masks.reshape(len(masks), side, side)
    under = tiles.repeat(patch, axis=1).repeat(patch, axis=2)
    return np.where(under, painted, images)


def _masks_down_columns(images, painted, masks, patch):
    side = images.shape[1] // patch
    turned = masks.reshape(len(masks), side, side).swapaxes(1, 2)
    return gaps_filled(images, painted, turned.reshape(masks.shape), patch)


def _tiled(images, painted, masks, patch):
    side = images.shape[1] // patch
    under = np.tile(masks.reshape(len(masks), side, side), (1, patch, patch))
    return np.where(under, painted, images)


def _black_where_visible(images, painted, masks, patch):
    return gaps_filled(np.zeros_like(images), painted, masks, patch)


EXERCISES = [
    Exercise(
        number="04.1",
        title="cut an image into patches",
        prompt=(
            "The next section hides square patches. Cut them: from NumPy images `(n, size, size)` "
            "make an array `(n, patches, patch * patch)`, in which patches are in reading order, "
            "and so are the pixels of each."
        ),
        difficulty=2,
        minutes=10,
        hints=(
            "Two loops over rows and columns of patches will do: `images[:, r : r + patch, "
            "c : c + patch]`.",
            "Without loops: reshape to `(n, side, patch, side, patch)`, with `side = size // "
            "patch`. Which axis numbers what?",
            "These axes are image, row of patches, row within a patch, column of patches, column "
            "within a patch. Bring both that number patches together.",
            "`swapaxes(2, 3)`, then reshape to `(n, side**2, patch**2)`.",
        ),
        reference=into_squares,
        inputs=(
            (np.arange(32).reshape(2, 4, 4), 2),
            (np.arange(36).reshape(1, 6, 6), 2),
            (np.arange(36).reshape(1, 6, 6), 3),
        ),
        mistakes={
            "A reshape alone cuts each image into stretches of its rows and not into squares: "
            "reshape to five axes, swap the middle ones, then reshape again.": _reshaped_only,
            "Your patches are numbered down the columns: the second one lies to the right of the "
            "first.": _patches_down_columns,
            "The pixels within each patch run down its columns: let them run along its rows.": (
                _pixels_down_columns
            ),
            "Your patches are right but still square: lay out each as one row of `patch * patch` "
            "pixels.": _square_pieces,
        },
    ),
    Exercise(
        number="04.2",
        title="hide exactly as many in each",
        prompt=(
            "Make masks from given random numbers, one for each patch of each image: in every row, "
            "the `hidden` smallest numbers become true and all others false. `numbers` is a NumPy "
            "array, `(images, patches)`."
        ),
        difficulty=2,
        minutes=8,
        hints=(
            "Why not hide each number below a threshold? Count how many that hides in each row.",
            "`numbers.argsort(axis=1)` gives places in order of their numbers: its first `hidden` "
            "columns are the places to hide.",
            "Start with all false, and set `masks[row, places] = True` in each row, or use "
            "`np.put_along_axis`.",
        ),
        reference=masks_by_rank,
        inputs=(
            (np.array([[0.9, 0.1, 0.6, 0.3], [0.2, 0.4, 0.1, 0.45], [0.7, 0.95, 0.8, 0.05]]), 2),
            (np.array([[0.5, 0.8, 0.1, 0.2, 0.75, 0.3], [0.7, 0.65, 0.9, 0.25, 0.85, 0.6]]), 4),
        ),
        mistakes={
            "A threshold hides the right share on average only, and another number of patches in "
            "each image: rank the numbers within each row.": _below_the_share,
            "`argsort` returns places in order and not the rank of each place: use its first "
            "`hidden` columns as places, or apply `argsort` twice.": lambda numbers, hidden: (
                numbers.argsort(axis=1) < hidden
            ),
            "You hide the largest numbers: take those with the smallest.": lambda numbers, hidden: (
                ~masks_by_rank(numbers, numbers.shape[1] - hidden)
            ),
            "You rank all numbers of the batch together, so one image loses more than another: "
            "rank within each row, `axis=1`.": _smallest_of_the_batch,
            "Your mask is true where a patch stays visible: true must mean hidden.": (
                lambda numbers, hidden: ~masks_by_rank(numbers, hidden)
            ),
            "Every image gets the mask of the first: rank each row's own numbers.": (
                _same_for_all_images
            ),
        },
    ),
    Exercise(
        number="04.3",
        title="a loss on hidden pixels",
        prompt=(
            "Return the mean squared error of the hidden pixels of all images together. The "
            "arguments are NumPy arrays of one shape. The number of hidden pixels may differ "
            "from image to image."
        ),
        difficulty=1,
        minutes=5,
        hints=(
            "What the network answers at visible pixels must not change your number at all. Nor "
            "may it matter how many there are.",
            "An array of true and false picks elements: `(rebuilt - images)[hidden]`.",
        ),
        reference=error_where_hidden,
        inputs=(
            (
                np.array([[[0.0, 0.5], [1.0, 0.0]], [[0.5, 0.5], [0.5, 0.5]]]),
                np.array([[[0.0, 1.0], [1.0, 0.75]], [[0.0, 1.0], [1.0, 0.75]]]),
                np.array([[[False, True], [False, False]], [[True, True], [False, True]]]),
            ),
            (
                np.array([[[0.25, 0.0], [0.5, 1.0]], [[0.0, 0.25], [0.75, 0.5]]]),
                np.array([[[1.0, 0.0], [0.0, 1.0]], [[0.0, 0.0], [0.5, 0.0]]]),
                np.array([[[True, True], [True, False]], [[False, False], [True, True]]]),
            ),
        ),
        mistakes={
            "Your mean includes the visible pixels, which a network can simply copy: pick the "
            "hidden ones first.": lambda rebuilt, images, hidden: np.mean((rebuilt - images) ** 2),
            "You set visible errors to zero, but still divide by the number of all pixels: divide "
            "by the number of hidden ones.": lambda rebuilt, images, hidden: np.mean(
                (rebuilt - images) ** 2 * hidden
            ),
            "You look at the visible pixels: `hidden` is true where a pixel was hidden, so no "
            "`~` is "
            "needed.": lambda rebuilt, images, hidden: error_where_hidden(rebuilt, images, ~hidden),
            "You average each image and then the images, so a pixel counts more where fewer are "
            "hidden: take one mean over all hidden pixels.": _mean_of_means,
            "You add the errors up: take their mean, or hiding more would raise the loss by "
            "itself.": lambda rebuilt, images, hidden: np.sum((rebuilt - images)[hidden] ** 2),
        },
    ),
    Exercise(
        number="04.4",
        title="what leaving out can save",
        prompt=(
            "An encoder takes `per_patch` seconds for each patch that it encodes, and `fixed` "
            "seconds for all else, hidden patches or not. How many times as fast is it with only "
            "the visible patches as with all?"
        ),
        difficulty=1,
        minutes=4,
        hints=(
            "Write down both times first. What is left in the second if everything is hidden?",
            "All patches take `fixed + patches * per_patch` seconds. The visible ones are "
            "`patches - hidden`.",
        ),
        reference=times_as_fast,
        inputs=((16, 12, 0.5, 2.0), (16, 4, 1.0, 8.0), (49, 36, 0.1, 0.0)),
        mistakes={
            "You leave out the fixed time, which is paid in both cases: add it to both times.": (
                lambda patches, hidden, per_patch, fixed: patches / (patches - hidden)
            ),
            "You divide by the time for the *hidden* patches: those that are encoded are "
            "`patches - hidden`.": lambda patches, hidden, per_patch, fixed: times_as_fast(
                patches, patches - hidden, per_patch, fixed
            ),
            "You divide the short time by the long one: twice as fast must come out as 2.": (
                lambda patches, hidden, per_patch, fixed: (
                    1 / times_as_fast(patches, hidden, per_patch, fixed)
                )
            ),
            "The fixed time is missing from the time for the visible patches: it is paid there as "
            "well.": _fixed_for_all_only,
        },
    ),
    Exercise(
        number="04.5",
        title="fill the gaps",
        prompt=(
            "A network has painted whole images, of which we want only the gaps. Take hidden "
            "patches from `painted` and leave the rest as it is in `images`; for that, the mask of "
            "patches must become a mask of pixels. All arrays are NumPy arrays."
        ),
        difficulty=2,
        minutes=10,
        hints=(
            "Lay each mask out as a small square first: `(n, side, side)`, with "
            "`side = size // patch`.",
            "Each of its elements becomes a block of `patch` times `patch`. Compare `np.repeat` "
            "and `np.tile` on `[1, 2]`.",
            "`tiles.repeat(patch, axis=1).repeat(patch, axis=2)` is the mask of pixels; `np.where` "
            "then chooses.",
        ),
        reference=gaps_filled,
        inputs=(
            (
                np.arange(1, 33).reshape(2, 4, 4),
                np.arange(1, 33).reshape(2, 4, 4) * -1,
                np.array([[False, True, False, False], [True, True, False, True]]),
                2,
            ),
            (
                np.arange(1, 37).reshape(1, 6, 6),
                np.full((1, 6, 6), 99),
                np.array([[True, False, False, True, True, False, True, False, False]]),
                2,
            ),
            (
                np.arange(1, 37).reshape(1, 6, 6),
                np.full((1, 6, 6), 99),
                np.array([[False, True, False, False]]),
                3,
            ),
        ),
        mistakes={
            "You keep what should be hidden and paint over the rest: true means hidden, and there "
            "the pixel comes from `painted`.": lambda images, painted, masks, patch: gaps_filled(
                images, painted, ~masks, patch
            ),
            "You lay the masks out down the columns: the second patch is to the right of the "
            "first.": _masks_down_columns,
            "`np.tile` sets copies of the whole mask side by side: `repeat` each of its elements "
            "instead, along both axes.": _tiled,
            "Outside the gaps your images are black: copy the visible pixels from `images`.": (
                _black_where_visible
            ),
            "You return what was painted everywhere: visible pixels stay as they are.": (
                lambda images, painted, masks, patch: painted
            ),
        },
    ),
]

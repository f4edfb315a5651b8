"""Progress bars that look right in a terminal, in JupyterLab and in a stored notebook."""

import sys

from tqdm import tqdm

_FORMAT = (
    "{desc}: {percentage:3.0f} % |{bar:20}| {n_fmt} of {total_fmt}, {elapsed}<{remaining}{postfix}"
)


def progress_bar(total: int, title: str) -> tqdm:
    """Open a progress bar over ``total`` steps, as a context manager or until ``close()``.

    Call ``update()`` after each step, ``set_postfix`` for the latest numbers. It writes to standard
    output: a stored notebook then keeps its last state, and nothing that looks like a warning.
    """
    return tqdm(total=total, desc=title, file=sys.stdout, bar_format=_FORMAT, mininterval=0.5)

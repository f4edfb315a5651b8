"""Pretext tasks: what is changed in an image, and what is asked about it.

Rotations and masks are NumPy. Random views are PyTorch: import them from ``helpers.pretext.views``.
"""

from helpers.pretext import masking
from helpers.pretext.rotation import ANGLES, rotate_quarter_turns, rotation_task

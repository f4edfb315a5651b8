"""What the lessons share: data, pretext tasks, models, measurements and figures.

Importing this package loads no deep-learning framework. Only ``helpers.keras_models`` imports
Keras; PyTorch is imported by ``torch_models``, ``torch_training``, ``masked_models``, ``views`` and
``losses``. The two frameworks never meet in one process.
"""

"""What the lessons share: data, pretext tasks, models, measurements and figures.

Importing this package loads no deep-learning framework. Only ``helpers.keras_models`` imports
Keras, and only ``helpers.torch_models`` imports PyTorch; the two never meet in one process.
"""

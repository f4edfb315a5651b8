"""The networks, their losses and how they are trained.

``keras_models`` is Keras; ``torch_models``, ``losses`` and ``training`` are PyTorch. Import from
these modules: the two frameworks must not share a process.
"""

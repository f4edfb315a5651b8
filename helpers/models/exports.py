"""An encoder to take away: its weights as safetensors, and as ONNX for other programs."""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from helpers.lesson.files import written_whole
from helpers.models.training import encode, scaled

OPERATORS = 20  # the version of ONNX's set of operators that is written: of 2023, widely read


def save_safetensors(encoder: nn.Module, path: Path, **about: str) -> None:
    """Write an encoder's weights, and what should be known about them, as text by name.

    A safetensors file holds numbers alone: opening one runs no code, unlike a pickle.
    """
    from safetensors.torch import save

    weights = {name: weight.contiguous() for name, weight in encoder.state_dict().items()}
    with written_whole(path) as temporary:
        temporary.write_bytes(save(weights, metadata=about))


def save_onnx(encoder: nn.Sequential, path: Path, channels: int, size: int) -> None:
    """Write an encoder, made of ``convolutional_encoder``'s layers, as an ONNX file.

    Its input ``images`` is float32 ``(n, channels, size, size)`` from 0 to 1, as ``scaled`` makes
    it, its output ``features`` float32 ``(n, d)``. The file is made layer by layer and holds no
    more than that: PyTorch's own exporter writes the paths of the machine into it.
    """
    import onnx
    from onnx import helper, numpy_helper

    nodes, weights, place = [], [], "images"

    def add(operator: str, *values: np.ndarray, order: str = "x.", **attributes: object) -> None:
        nonlocal place
        names = [f"{operator}_{len(nodes)}_{number}" for number in range(len(values))]
        weights.extend(map(numpy_helper.from_array, values, names))
        inputs = [place, *names] if order == "x." else [*names, place]
        after = f"{operator}_{len(nodes)}"
        nodes.append(helper.make_node(operator, inputs, [after], **attributes))
        place = after

    side, features = size, 0
    for layer in encoder:
        own = [weight.detach().contiguous().numpy() for weight in layer.parameters()]
        match layer:
            case nn.Conv2d():
                add("Conv", *own)
                side -= layer.kernel_size[0] - 1
            case nn.MaxPool2d():
                add("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
                side //= 2
            case nn.ReLU():
                add("Relu")
            case nn.AdaptiveAvgPool2d():  # as two products, one for the rows and one for columns
                averages = nn.functional.adaptive_avg_pool1d(torch.eye(side), layer.output_size)
                add("MatMul", averages.T.contiguous().numpy(), order=".x")
                add("MatMul", averages.numpy())
                side = layer.output_size
            case nn.Flatten():
                add("Flatten")
            case nn.Linear():
                add("Gemm", *own, transB=1)
                features = layer.out_features
            case _:
                raise ValueError(f"{type(layer).__name__} is no layer of convolutional_encoder")
    shapes = {"images": ["n", channels, size, size], "features": ["n", features or None]}
    nodes.append(helper.make_node("Identity", [place], ["features"]))
    ends = {
        name: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        for name, shape in shapes.items()
    }
    graph = helper.make_graph(nodes, "encoder", [ends["images"]], [ends["features"]], weights)
    opset = [helper.make_opsetid("", OPERATORS)]
    model = helper.make_model(graph, opset_imports=opset, producer_name="ssl-course", ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    with written_whole(path) as temporary:
        onnx.save(model, temporary)


def onnx_error(path: Path, encoder: nn.Module, images: np.ndarray) -> float:
    """Return by how much an ONNX file's features differ at most from the encoder's.

    The features of uint8 images are computed by ONNX's own reference, in NumPy, which takes its
    time: give it a few.
    """
    from onnx.reference import ReferenceEvaluator

    batch = scaled(torch.from_numpy(images)).numpy()
    (features,) = ReferenceEvaluator(str(path)).run(None, {"images": batch})
    return float(np.abs(features - encode(encoder, images)).max())

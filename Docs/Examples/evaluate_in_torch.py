"""Evaluate exported weights in PyTorch: evaluate_in_torch.py WEIGHTS.safetensors FOLDER

WEIGHTS is what `lc export` (or `lc train`) has written for a fully connected network, FOLDER holds the
four IDX files of MNIST or Fashion-MNIST. Prints the test error, which `lc evaluate` prints as well.
"""
import gzip
import json
import pathlib
import sys

import numpy as np
import torch
from safetensors import safe_open


def idx(folder, name, header):
    path = next(p for p in pathlib.Path(folder).iterdir() if p.name.replace(".idx", "-idx").startswith(name))
    data = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
    return torch.from_numpy(np.frombuffer(data, np.uint8, offset=header).copy())


def images(folder, part):
    labels = idx(folder, f"{part}-labels-idx1", 8)
    return idx(folder, f"{part}-images-idx3", 16).view(len(labels), -1).float() / 255, labels


def network(path):
    """The network that the file's metadata describes, with the file's weights."""
    with safe_open(path, framework="pt") as file:
        description = json.loads(file.metadata()["network"])
        model, width = torch.nn.Sequential(), int(np.prod(description["input"]))
        for number, layer in enumerate(description["layers"]):
            (kind, options), = layer.items()
            if kind == "linear":
                model.add_module(options["name"], torch.nn.Linear(width, options["outputs"], options["bias"]))
                width = options["outputs"]
            else:
                model.add_module(f"{kind}{number}", {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}[kind]())
        model.load_state_dict({name: file.get_tensor(name) for name in file.keys()})
        return model


training, _ = images(sys.argv[2], "train")
test, labels = images(sys.argv[2], "t10k")
with safe_open(sys.argv[1], framework="pt") as file:
    normalisation = file.metadata().get("normalisation", "mean")
if normalisation == "mean":
    test = test - training.mean(0)
else:  # standard
    test = (test - training.mean()) / training.std(correction=0)
with torch.no_grad():
    answers = network(sys.argv[1])(test).argmax(1)
print(f"test error {100 * (answers != labels).double().mean():.2f} %")

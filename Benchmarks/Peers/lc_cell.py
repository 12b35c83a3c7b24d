"""One cell of the LeNet300 grid as PyTorch's users would write it, to be timed beside ours:

    python lc_cell.py FASHION_MNIST_FOLDER REFERENCE.safetensors KEPT [THREADS]

The LC algorithm for 1 bit a weight and KEPT corrections, with the settings of `lenet300.yaml`: 20 steps of two
epochs at batch 256, a C step every 100 mini-batches. Images are a tensor in memory, each epoch is a
permutation, the C step is NumPy's and exact for two levels (sorted prefix sums), warm-started.
"""
import gzip, sys, time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from networks import LeNet300

folder, reference, kept = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
torch.set_num_threads(int(sys.argv[4]) if len(sys.argv) > 4 else 2)
torch.manual_seed(0)


def idx(name):
    path = folder / name
    data = path.read_bytes() if path.exists() else gzip.decompress((folder / f"{name}.gz").read_bytes())
    rank = data[3]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(
        [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(rank)])


def images(name, mean):
    x = idx(name).reshape(-1, 784).astype(np.float32) / 255
    return torch.from_numpy(x - (x.mean(0) if mean is None else mean)), x.mean(0)


def two_levels(w):
    """The best two values for the numbers w: the best split of the sorted numbers."""
    x = np.sort(w)
    sums, n = np.cumsum(x, dtype=np.float64), len(x)
    left = np.arange(1, n)
    best = np.argmax(sums[:-1] ** 2 / left + (sums[-1] - sums[:-1]) ** 2 / (n - left))
    a, b = sums[best] / (best + 1), (sums[-1] - sums[best]) / (n - best - 1)
    return np.where(w <= x[best], a, b).astype(np.float32)


def compress(w, coded, rounds=10):
    """w as two levels and `kept` corrections."""
    for _ in range(rounds):
        rest = w - coded
        sparse = np.zeros_like(w)
        places = np.argpartition(np.abs(rest), -kept)[-kept:]
        sparse[places] = rest[places]
        last, coded = coded, two_levels(w - sparse)
        if np.allclose(last, coded, rtol=1e-4, atol=0):
            break
    return sparse + coded, coded


start = time.perf_counter()
x, mean = images("train-images-idx3-ubyte", None)
x_test, _ = images("t10k-images-idx3-ubyte", mean)
y, y_test = (torch.from_numpy(idx(f"{n}-labels-idx1-ubyte").astype(np.int64)) for n in ("train", "t10k"))
model = LeNet300()
model.load_state_dict({k: v for k, v in load_file(reference).items() if k in model.state_dict()})
weights = [p for n, p in model.named_parameters() if n.endswith("weight")]


def error(x, y):
    with torch.no_grad():
        return 100 * (model(x).argmax(1) != y).float().mean().item()


def joint():
    return np.concatenate([p.detach().numpy().ravel() for p in weights])


def apart(v):
    v, out, at = torch.from_numpy(v), [], 0
    for p in weights:
        out.append(v[at : at + p.numel()].view_as(p))
        at += p.numel()
    return out


print(f"reference: test error {error(x_test, y_test):.2f} %")
delta, coded = compress(joint(), np.zeros(sum(p.numel() for p in weights), np.float32))
multipliers, done = np.zeros_like(delta), 0
for step in range(20):
    mu, rate = 0.001 * 1.5**step, 0.09 * 0.9**step
    optimiser = torch.optim.SGD(model.parameters(), lr=min(rate, 1 / mu), momentum=0.9, nesterov=True)
    batches = [b for _ in range(2) for b in torch.randperm(len(x)).split(256)]
    targets = apart(delta + multipliers / mu)
    for number, batch in enumerate(batches):
        loss = F.cross_entropy(model(x[batch]), y[batch])
        for p, t in zip(weights, targets):
            loss = loss + mu / 2 * ((p - t) ** 2).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if (number + 1) % 100 == 0 or number + 1 == len(batches):
            w = joint()
            delta, coded = compress(w - multipliers / mu, coded)
            multipliers -= mu * (w - delta)
            targets = apart(delta + multipliers / mu)
with torch.no_grad():
    for p, d in zip(weights, apart(delta)):
        p.copy_(d)
print(f"compressed: train error {error(x, y):.2f} %, test error {error(x_test, y_test):.2f} %")
print(f"{time.perf_counter() - start:.1f} s")

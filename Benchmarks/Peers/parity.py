"""The same training steps here and in PyTorch: prints the largest relative difference of the losses.

    python3 Benchmarks/Peers/parity.py .build/release/lc FOLDER

FOLDER holds the four gzipped IDX files. Needs torch, numpy and safetensors. LeNet300, 60 mini-batches of
128 in the order of the file, Nesterov's momentum, weight decay; both begin with the same random weights.
"""
import gzip, json, os, subprocess, sys, tempfile

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

from networks import LeNet300

LC, FOLDER = sys.argv[1:3]
STEPS, BATCH = 60, 128


def idx(name, offset, dtype=np.uint8):
    return np.frombuffer(gzip.open(os.path.join(FOLDER, name + ".gz")).read(), dtype, offset=offset)


torch.manual_seed(0)
model = LeNet300()
with tempfile.TemporaryDirectory() as folder:
    path = lambda name: os.path.join(folder, name)
    save_file(model.state_dict(), path("initial.safetensors"))
    subprocess.run(
        [LC, "train", "--network", "lenet300", "--data", FOLDER, "--epochs", "1", "--batch-size", str(BATCH),
         "--learning-rate", "0.05", "--momentum", "0.9", "--nesterov", "--weight-decay", "0.0005", "--no-shuffle",
         "--initial", path("initial.safetensors"), "--max-steps", str(STEPS), "--output", path("ours.safetensors"),
         "--json", path("ours.json")], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    ours = json.load(open(path("ours.json")))["stepLosses"]
    weights = load_file(path("ours.safetensors"))

images = idx("train-images-idx3-ubyte", 16).reshape(-1, 784).astype(np.float32) / 255
images -= images.mean(axis=0)
x, y = torch.from_numpy(images), torch.from_numpy(idx("train-labels-idx1-ubyte", 8).astype(np.int64))
optimiser = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.0005)
theirs = []
for step in range(STEPS):
    loss = F.cross_entropy(model(x[step * BATCH:(step + 1) * BATCH]), y[step * BATCH:(step + 1) * BATCH])
    theirs.append(loss.item())
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()

losses = max(abs(a - b) / abs(b) for a, b in zip(ours, theirs))
final = max(((weights[n] - p).norm() / p.norm()).item() for n, p in model.state_dict().items())
print(f"LeNet300, {STEPS} steps: losses differ by {losses:.1e}, final weights by {final:.1e} (relative)")
assert len(ours) == STEPS and losses < 1e-4 and final < 1e-3

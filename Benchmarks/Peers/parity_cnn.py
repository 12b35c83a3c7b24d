"""Convolutional networks here and in PyTorch: prints the relative differences, fails when they are large.

    python3 Benchmarks/Peers/parity_cnn.py .build/release/parity [NETWORK …]      needs torch and safetensors

Random weights, statistics and data; scores in evaluation, gradients and running statistics of one step, the
losses of 20 steps of SGD. Differences are of norms: ‖ours − theirs‖ / ‖theirs‖. Then PyTorch loads our state.

A unit whose input is within rounding of ReLU's kink may fall on either side, which changes its gradient
altogether: PyTorch's own gradients in 32 and 64 bits differ by up to 1e-2 in such a draw ("torch's own" below).
So there are draws of two kinds: plain ones, and ones where batch norm's biases keep nearly all units away from
the kink, half of the channels above it and half below. The gradients' medians over those must be below 1e-3,
and so must the best plain draw; an error of ours would show in all of them.
"""
import copy, os, statistics, subprocess, sys, tempfile

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

from networks import network

PARITY = sys.argv[1]
BATCH, STEPS, DRAWS = 16, 20, 5


def difference(ours, theirs):
    return ((ours - theirs).norm() / theirs.norm().clamp_min(1e-12)).item()


def draw(name, seed, away):
    """Differences of scores, gradients, running statistics and losses; and torch's own in its gradients."""
    torch.manual_seed(seed)
    model, shape = network(name)
    for key, tensor in model.state_dict().items():
        if key.endswith("running_mean"):
            tensor.normal_(0, 0.1)
        if key.endswith("running_var"):
            tensor.uniform_(0.5, 1.5)
    for key, parameter in model.named_parameters():
        if parameter.dim() == 1:  # biases and batch norm off their defaults
            parameter.data.add_(0.1 * torch.randn_like(parameter))
            if away and ".bias" in key and "bn" in key:
                parameter.data.copy_(4.5 * torch.randn_like(parameter).sign())
    x, y = torch.randn(BATCH, *shape), torch.randint(0, 10, (BATCH,))
    with tempfile.TemporaryDirectory() as folder:
        given, found = os.path.join(folder, "given.safetensors"), os.path.join(folder, "found.safetensors")
        save_file({**model.state_dict(), "images": x, "labels": y.float()}, given)
        subprocess.run([PARITY, name, given, found], check=True)
        ours = load_file(found)

    model.eval()
    with torch.no_grad():
        theirs = model(x)
    scores = max(difference(ours[k], theirs) for k in ("scores", "scores, only evaluating"))

    model.train()
    exact = copy.deepcopy(model).double()
    F.cross_entropy(exact(x.double()), y).backward()
    exact = dict(exact.named_parameters())
    optimiser = torch.optim.SGD(model.parameters(), lr=0.0005, momentum=0.9, nesterov=True, weight_decay=5e-4)
    losses = []
    for step in range(STEPS):
        loss = F.cross_entropy(model(x), y)
        losses.append(loss.item())
        optimiser.zero_grad()
        loss.backward()
        if step == 0:
            gradients = max(difference(ours["gradient." + k], p.grad) for k, p in model.named_parameters())
            own = max(difference(p.grad.double(), exact[k].grad) for k, p in model.named_parameters())
            running = max([difference(ours["first." + k], t) for k, t in model.named_buffers() if t.dim()] or [0])
        optimiser.step()
    loss = max(abs(a - b) / abs(b) for a, b in zip(ours["losses"].tolist(), losses))

    # Our state in PyTorch.
    state = {k: ours["last." + k] for k in model.state_dict() if not k.endswith("num_batches_tracked")}
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected and all(k.endswith("num_batches_tracked") for k in missing)
    return scores, gradients, running, loss, own


for name in sys.argv[2:] or ("lenet5", "vgg11", "resnet20"):
    plain = list(zip(*[draw(name, seed, away=False) for seed in range(DRAWS)]))
    away = list(zip(*[draw(name, seed, away=True) for seed in range(DRAWS)]))
    both = [a + b for a, b in zip(plain, away)]
    scores, running, loss = (statistics.median(both[i]) for i in (0, 2, 3))
    show = lambda values: " ".join(f"{value:.0e}" for value in values)
    print(f"{name}: scores {scores:.1e}, running statistics {running:.1e}, losses of {STEPS} steps {loss:.1e},\n"
          f"  gradients {statistics.median(away[1]):.1e} (draws {show(away[1])}; torch's own {show(away[4])}),\n"
          f"  plain draws {show(plain[1])}; torch's own {show(plain[4])}", flush=True)
    assert scores < 1e-4 and running < 1e-4 and loss < 1e-3, name
    assert statistics.median(away[1]) < 1e-3 and min(plain[1]) < 1e-3, name

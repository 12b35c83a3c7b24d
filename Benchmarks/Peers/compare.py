"""This package beside PyTorch and scikit-learn, in one run on one machine; prints ratios.

    make compare PYTHON=path/to/python      needs torch, numpy, scipy, scikit-learn
    python compare.py SPEED operators       the operators on millions of weights; seven minutes
    python3 Benchmarks/Peers/compare.py .build/release/speed cnn      only some: lstep, cnn, cstep

Our figures come from `speed`, the peers' are measured here: medians of five (peers that take more than
five seconds run once), two threads each unless THREADS says otherwise. The machine should be idle.
"""
import os, re, statistics, subprocess, sys, tempfile, time, warnings

THREADS = os.environ.get("THREADS", "2")
os.environ.setdefault("OMP_NUM_THREADS", THREADS)
SPEED = sys.argv[1] if len(sys.argv) > 1 else ".build/release/speed"
SECTIONS = sys.argv[2:] or ["lstep", "cnn", "cstep"]

import numpy as np
import scipy.linalg
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.cluster import KMeans

from networks import network


def median(f, repetitions=5, runs=1):
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        for _ in range(runs):
            f()
        times.append((time.perf_counter() - start) / runs)
    return statistics.median(times)


def lenet300_step(batch):
    """A PyTorch step of LeNet300 with the penalty written as PyTorch's users write it."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(784, 300), nn.Tanh(), nn.Linear(300, 100), nn.Tanh(), nn.Linear(100, 10))
    x, y = torch.randn(batch, 784), torch.randint(0, 10, (batch,))
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, nesterov=True)
    targets = [torch.zeros_like(p) for p in model.parameters()]

    return penalised_step(model, x, y, optimiser, targets, warm=20, runs=100)


def penalised_step(model, x, y, optimiser, targets, warm, runs, half=False):
    def step():
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
            loss = F.cross_entropy(model(x), y)
        loss = loss.float()
        for p, t in zip(model.parameters(), targets):
            loss = loss + 0.5e-3 * ((p - t) ** 2).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    for _ in range(warm):
        step()
    return median(step, runs=runs)


def cnn_step(name, runs, half):
    """PyTorch's step, batch 128, in the faster of its two memory formats."""
    times = []
    for layout in (torch.contiguous_format, torch.channels_last):
        torch.manual_seed(0)
        model, shape = network(name)
        model = model.to(memory_format=layout)
        x, y = torch.randn(128, *shape).contiguous(memory_format=layout), torch.randint(0, 10, (128,))
        optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, nesterov=True)
        targets = [torch.zeros_like(p) for p in model.parameters()]
        times.append(penalised_step(model, x, y, optimiser, targets, warm=3, runs=runs, half=half))
    return min(times)


def kmeans(w, k, init="k-means++"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        m = KMeans(n_clusters=k, n_init=10 if isinstance(init, str) else 1, tol=1e-10, init=init).fit(w[:, None])
    return m.cluster_centers_.ravel()[m.labels_], m.cluster_centers_


def prune(w, keep):
    q = np.zeros_like(w)
    kept = np.argsort(np.abs(w), kind="stable")[-keep:]
    q[kept] = w[kept]
    return q


def prune_and_quantize(w, keep, k, rounds=10):
    sparse, coded, centres = np.zeros_like(w), np.zeros_like(w), "k-means++"
    for _ in range(rounds):
        sparse = prune(w - coded, keep)
        coded, centres = kmeans(w - sparse, k, centres)
    return sparse + coded


def ours():
    """What `speed` prints: name -> (milliseconds, relative error or None)."""
    text = subprocess.run([SPEED, *SECTIONS], check=True, capture_output=True, text=True,
                          env={**os.environ, "OMP_NUM_THREADS": THREADS}).stdout
    found = {}
    for line in text.splitlines():
        m = re.match(r"\s*(.+): median ([\d.]+) ms.*?(?:relative error ([\d.]+))?$", line)
        if m:
            found[m[1]] = (float(m[2]) / 1e3, float(m[3]) if m[3] else None)
    return found


def row(name, us, peer, error=""):
    print(f"{name:48} {us * 1e3:10.3f} ms {peer * 1e3:12.3f} ms {peer / us:8.1f} x {error}", flush=True)


def low_rank(W, r):
    u, s, v = scipy.linalg.svd(W, full_matrices=False)
    return (u[:, :r] * s[:r]) @ v[:r]


def timed(f):
    """The median of five runs, or one run that takes more than five seconds."""
    start = time.perf_counter()
    result = f()
    first = time.perf_counter() - start
    return (first if first > 5 else median(f)), result


def operators():
    """Millions of weights: both sides read the same files."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        def saved(name, w):
            path = os.path.join(folder, name + ".npy")
            np.save(path, w.astype(np.float32))
            return path, np.load(path)

        def pair(name, w, noise):
            (a, first), (b, second) = saved(name, w), saved(name + "2", w + rng.standard_normal(w.shape) * noise)
            return a, b, first, second

        def us(a, b, plan):
            text = subprocess.run([SPEED, "project", a, b, plan], check=True, capture_output=True, text=True,
                                  env={**os.environ, "OMP_NUM_THREADS": THREADS}).stdout
            found = re.findall(r"median ([\d.]+) ms.*relative error ([\d.]+)", text)
            return [(float(t) / 1e3, float(e)) for t, e in found]

        def compare(name, mine, f, w):
            seconds, q = timed(f)
            error = ((w - q) ** 2).sum(dtype=np.float64) / (w.astype(np.float64) ** 2).sum()
            row(name, mine[0], seconds, f"relative error {mine[1]:.9f}, peer's {error:.9f}")

        a, b, w, w2 = pair("w4m", rng.standard_normal(4_000_000) * 0.05, 1e-3)
        exact = us(a, a, "quantize(k=16, exact)")[0]
        print(f"quantize(k=16, exact), n = 4000000: {exact[0]:.2f} s, relative error {exact[1]:.9f}", flush=True)
        for k in (2, 16):
            cold, warm = us(a, b, f"quantize(k={k})")
            box = {}

            def first():
                q, box["c"] = kmeans(w, k)
                return q

            compare(f"quantize(k={k}), n = 4000000, cold", cold, first, w)
            compare(f"quantize(k={k}), n = 4000000, warm", warm, lambda: kmeans(w2, k, box["c"])[0], w2)
        compare("prune(keep=5%), n = 4000000", us(a, a, "prune(keep=5%)")[0], lambda: prune(w, 200_000), w)
        a, b, w, w2 = pair("w1m", rng.standard_normal(1_000_000) * 0.05, 1e-3)
        compare("prune(keep=1%) + quantize(k=2), n = 1000000", us(a, b, "prune(keep=1%) + quantize(k=2)")[0],
                lambda: prune_and_quantize(w, 10_000, 2), w)
        u, v = (np.linalg.qr(rng.standard_normal((4096, 600)))[0] for _ in range(2))
        decaying = (u / np.arange(1, 601)) @ v.T * 50 + rng.standard_normal((4096, 4096)) * 1e-3
        for name, W in (("flat", rng.standard_normal((4096, 4096))), ("decaying", decaying)):
            a, b, w, w2 = pair(name, W, 0.02 * W.std())
            cold, warm = us(a, b, "lowrank(r=64)")
            compare(f"lowrank(r=64), 4096 x 4096, {name}, cold", cold, lambda: low_rank(w.astype(np.float64), 64), w)
            compare(f"lowrank(r=64), 4096 x 4096, {name}, warm", warm, lambda: low_rank(w2.astype(np.float64), 64), w2)


def main():
    torch.set_num_threads(int(THREADS))
    print(f"{'':48} {'ours':>13} {'peer':>15} {'ratio':>10}")
    if SECTIONS == ["operators"]:
        return operators()
    us = ours()
    for batch in (128, 256, 512) if "lstep" in SECTIONS else ():
        row(f"LeNet300 penalised step, batch {batch}", us[f"lenet300 batch {batch}, penalised step"][0],
            lenet300_step(batch))
    for name, runs in (("lenet5", 20), ("resnet20", 3), ("vgg11", 1)) if "cnn" in SECTIONS else ():
        for precision in ("fp32", "bf16"):
            mine = us.get(f"{name} batch 128 {precision}, penalised step")
            if mine:
                row(f"{name} penalised step, batch 128, {precision}", mine[0],
                    cnn_step(name, runs, precision == "bf16"))
    if "cstep" not in SECTIONS:
        return
    rng = np.random.default_rng(0)
    n = 266_200
    w = rng.standard_normal(n) * 0.05
    cases = [
        ("quantize(k=2)", lambda: kmeans(w, 2)[0]),
        ("quantize(k=16)", lambda: kmeans(w, 16)[0]),
        ("prune(keep=5%)", lambda: prune(w, n // 20)),
        ("prune(keep=1%) + quantize(k=2)", lambda: prune_and_quantize(w, n // 100, 2)),
    ]
    for name, f in cases:
        box = {}

        def run():
            box["q"] = f()

        seconds = median(run, repetitions=5)
        error = ((w - box["q"]) ** 2).sum() / (w**2).sum()
        mine = us[f"{name}, n = {n}, cold"]
        row(f"{name}, n = {n}, cold", mine[0], seconds, f"relative error {mine[1]:.6f}, peer's {error:.6f}")


if __name__ == "__main__":
    main()

"""Trains in PyTorch what build/examples/glyphs trains, on the same images from the same weights.

    build/examples/glyphs --seed 1 --objectives arcface --out build/glyphs
    build/examples/glyphs --seed 1 --export build/glyphs-export
    python3 examples/interop/glyphs.py build/glyphs-export [--softmax] [--margin 0.5] [--scale 24]

Prints the figures of Gradian's table by code of its own, and the seconds of the training; ends with
77 ("skipped") where Python lacks a package: pip install numpy torch safetensors
"""
import argparse
import math
import pathlib
import sys
import time

try:
    import numpy
    import torch
    from safetensors.torch import load_file
    from torch import nn
    from torch.nn import functional
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)


def convolution(inputs, outputs, kernel, stride=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)


class ResidualUnit(nn.Module):
    """That of examples/recognition/embedding_network.h, whose names its children have."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.residual = nn.Sequential(
            nn.BatchNorm2d(inputs), convolution(inputs, outputs, 3), nn.BatchNorm2d(outputs),
            nn.PReLU(outputs), convolution(outputs, outputs, 3, stride), nn.BatchNorm2d(outputs))
        self.shortcut = nn.Sequential(
            convolution(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

    def forward(self, x):
        return self.residual(x) + self.shortcut(x)


def embedding_network(channels, size, features):
    return nn.Sequential(
        convolution(channels, 16, 3), nn.BatchNorm2d(16), nn.PReLU(16),
        ResidualUnit(16, 32, 2), ResidualUnit(32, 64, 2), ResidualUnit(64, 128, 2),
        nn.BatchNorm2d(128), nn.Flatten(), nn.Linear(128 * (size // 8) ** 2, features, bias=False),
        nn.BatchNorm1d(features))


class ArcFace(nn.Module):
    """ArcFaceLoss with its margin mirrored beyond pi, as by default."""

    def __init__(self, features, classes, scale, margin):
        super().__init__()
        self.weight = nn.Parameter(functional.normalize(torch.randn(classes, features)))
        self.scale, self.margin = scale, margin

    def forward(self, x, labels, factor):
        cosine = functional.linear(functional.normalize(x), functional.normalize(self.weight))
        own = cosine.gather(1, labels[:, None]).clamp(-1 + 1e-7, 1 - 1e-7)
        angle = torch.acos(own) + factor * self.margin
        target = torch.where(angle <= math.pi, torch.cos(angle), -2 - torch.cos(angle))
        return functional.cross_entropy(
            self.scale * cosine.scatter(1, labels[:, None], target), labels)


class Softmax(nn.Linear):
    def forward(self, x, labels, factor):
        return functional.cross_entropy(super().forward(x), labels)


def rate(step, steps):
    """training_schedule() of examples/training/train.cpp."""
    rising = min(max(steps // 10, 1), 50)
    if step < rising:
        return (step + 1) / rising
    return (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising))) / 2


def train(network, head, images, labels, batch):
    steps = len(labels) // batch
    optimizer = torch.optim.SGD(
        [{"params": network.parameters()}, {"params": head.parameters(), "weight_decay": 0}],
        lr=0.1, momentum=0.9, weight_decay=5e-4)
    warm_up = max(1, steps // 5)
    start = time.perf_counter()
    for step in range(steps):
        rows = slice(step * batch, (step + 1) * batch)
        for group in optimizer.param_groups:
            group["lr"] = 0.1 * rate(step, steps)
        loss = head(network(images[rows]), labels[rows], min(1, (step + 1) / warm_up))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5)
        optimizer.step()
    return time.perf_counter() - start


def evaluate(network, folder, index):
    """TAR at a FAR of 1e-3 over all pairs, and rank 1 of the probes in the gallery."""
    unit, labels = {}, {}
    for part in ("gallery", "probes"):
        images = torch.from_numpy(numpy.load(folder / f"{part}{index}_images.npy"))
        labels[part] = numpy.load(folder / f"{part}{index}_labels.npy")
        with torch.no_grad():
            features = torch.cat([network(some) for some in images.split(500)])
        unit[part] = functional.normalize(features.double()).numpy()
    cosines = unit["probes"] @ unit["gallery"].T
    same = labels["probes"][:, None] == labels["gallery"]
    best = numpy.where(same, cosines, -2).max(1)
    rank1 = (numpy.where(same, -2, cosines).max(1) < best).mean()

    every = numpy.concatenate([unit["gallery"], unit["probes"]])
    names = numpy.concatenate([labels["gallery"], labels["probes"]])
    first, second = numpy.triu_indices(len(names), 1)
    scores, same = (every @ every.T)[first, second], names[first] == names[second]
    apart = numpy.sort(scores[~same])[::-1]
    threshold = apart[int(1e-3 * len(apart))]  # what is above is at most a thousandth
    return (scores[same] > threshold).mean(), rank1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--softmax", action="store_true")
    parser.add_argument("--margin", type=float, default=0.5)
    parser.add_argument("--scale", type=float, default=24)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    images = torch.from_numpy(numpy.load(options.folder / "train_images.npy"))
    labels = torch.from_numpy(numpy.load(options.folder / "train_labels.npy"))
    weights = load_file(options.folder / "initial.safetensors")
    features = weights["8.weight"].shape[0]
    network = embedding_network(images.shape[1], images.shape[2], features)
    network.load_state_dict(weights, strict=True)
    classes = int(labels.max()) + 1
    head = (Softmax(features, classes, bias=False) if options.softmax else
            ArcFace(features, classes, options.scale, options.margin))
    seconds = train(network, head, images, labels, options.batch)
    network.eval()
    for index in range(len(list(options.folder.glob("probes*_images.npy")))):
        tar, rank1 = evaluate(network, options.folder, index)
        print(f"test set {index}: TAR at FAR 1e-3 {100 * tar:.1f} %, rank 1 {100 * rank1:.1f} %")
    print(f"{seconds:.1f} s of training, {torch.get_num_threads()} threads")


main()

"""Times the same work in PyTorch, interleaved with Gradian's benchmark, and prints the ratios.

    make bench-peers            needs python3 with torch; says so and stops where it is absent

Each round times Gradian (build/bench/bench --only NAME) and then PyTorch on the same threads, so that
both see the machine in the same mood; the table gives medians over the rounds. Before anything is
timed the first loss of both is compared: weights and data come from the closed formula of
workloads.cpp, written again here.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

try:
    import numpy as np
    import torch
    import torch.nn as nn
    import torch.nn.functional as F
except ImportError as error:
    print(f"bench-peers: skipped, python3 here has no {error.name}")
    sys.exit(0)

BATCH = 128


def pattern(shape, scale, salt):
    count = int(np.prod(shape))
    turns = np.arange(count, dtype=np.float64) * 0.6180339887498949 + 0.1 * salt
    values = scale * (2 * (turns - np.floor(turns)) - 1)
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


def labels(count, classes):
    return torch.arange(count) * 7919 % classes


def set_weights(model):
    for salt, (name, parameter) in enumerate(model.named_parameters(), start=1):
        with torch.no_grad():
            if parameter.dim() >= 2:
                fan_in = parameter[0].numel()
                parameter.copy_(pattern(parameter.shape, (6.0 / fan_in) ** 0.5, salt))
            elif "bias" in name:
                parameter.zero_()


def training(model, input_shape, compiled):
    set_weights(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    x, y = pattern(input_shape, 1, 0), labels(input_shape[0], 10)
    forward = torch.compile(model) if compiled else model

    def step():
        loss = F.cross_entropy(forward(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def lenet():
    layers, channels = [], 1
    for out in (32, 64, 128):
        layers += [nn.Conv2d(channels, out, 5, padding=2), nn.PReLU()]
        layers += [nn.Conv2d(out, out, 5, padding=2), nn.PReLU(), nn.MaxPool2d(2)]
        channels = out
    layers += [nn.Flatten(), nn.Linear(1152, 2), nn.PReLU(), nn.Linear(2, 10, bias=False)]
    return nn.Sequential(*layers)


class ResidualBlock(nn.Module):
    def __init__(self, channels, out):
        super().__init__()
        self.body = nn.Sequential(
            nn.BatchNorm2d(channels), nn.Conv2d(channels, out, 3, padding=1, bias=False),
            nn.BatchNorm2d(out), nn.PReLU(out),
            nn.Conv2d(out, out, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(out))
        self.shortcut = nn.Sequential(
            nn.Conv2d(channels, out, 1, stride=2, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


def ir_resnet():
    layers = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.PReLU(16)]
    channels = 16
    for out in (16, 32, 64, 128):
        layers.append(ResidualBlock(channels, out))
        channels = out
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(512, 10))


def mlp():
    return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(),
                         nn.Linear(256, 10))


def margin_head(classes, style):
    """`note`: the founding note's code; `best`: only the target column is touched, the best plain
    PyTorch that we know. Both are s (cos(theta) - m), that is CosFaceLoss(s=30, m=0.5)."""
    weight = pattern((classes, 512), 1, 1).requires_grad_()
    x = pattern((BATCH, 512), 1, 2).requires_grad_()
    y, s, m = labels(BATCH, classes).view(-1, 1), 30.0, 0.5

    def loss_of():
        cosine = F.linear(F.normalize(x), F.normalize(weight))
        if style == "note":
            one_hot = torch.zeros_like(cosine).scatter_(1, y, 1)
            mixed = one_hot * (cosine - m) + (1 - one_hot) * cosine
        else:
            mixed = cosine.scatter(1, y, cosine.gather(1, y) - m)
        return F.cross_entropy(s * mixed, y.view(-1))

    def step():
        x.grad = weight.grad = None
        loss = loss_of()
        loss.backward()
        return loss.item()

    return step


def makers(compiled):
    square = [pattern((2000, 2000), 1, 1), pattern((2000, 2000), 1, 2)]
    return {
        "sgemm_2000x2000x2000": lambda: (lambda: (square[0] @ square[1])[0, 0].item()),
        "lenet": lambda: training(lenet(), (BATCH, 1, 28, 28), compiled),
        "ir_resnet": lambda: training(ir_resnet(), (BATCH, 3, 32, 32), compiled),
        "mlp": lambda: training(mlp(), (BATCH, 784), compiled),
        **{f"margin_{k}k:{style}": (lambda k=k, style=style: margin_head(1000 * k, style))
           for k in (1, 10, 100) for style in ("note", "best")},
    }


def gradian(name, threads, seconds):
    out = "build/bench/peer.json"
    subprocess.run(["build/bench/bench", "--only", name, "--threads", str(threads),
                    "--seconds", str(seconds), "--out", out], check=True, stdout=subprocess.DEVNULL)
    with open(out) as file:
        return json.load(file)["workloads"][0]


def timed(step, seconds):
    times, start = [], time.perf_counter()
    while len(times) < 3 or time.perf_counter() - start < seconds:
        begin = time.perf_counter()
        step()
        times.append(time.perf_counter() - begin)
    return 1e3 * statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2, help="a side and round")
    parser.add_argument("--compile", action="store_true", help="torch.compile the models")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    kept = "MALLOC_MMAP_THRESHOLD_" in os.environ
    print(f"PyTorch {torch.__version__} {'compiled' if options.compile else 'eager'}, "
          f"{options.threads} threads, malloc {'keeps its memory' if kept else 'as it comes'}\n")
    print(f"{'workload':24} {'Gradian ms':>11} {'PyTorch ms':>11} {'ratio':>7}   first loss")
    failed = 0
    for name, make in makers(options.compile).items():
        if options.only and options.only not in name:
            continue
        step = make()
        first = step()
        ours, theirs = [], []
        for _ in range(options.rounds):
            result = gradian(name.split(":")[0], options.threads, options.seconds)
            ours.append(result["median_ms"])
            theirs.append(timed(step, options.seconds))
        agree = abs(result["first_value"] - first) <= 1e-3 * max(1, abs(first))
        failed += not agree
        a, b = statistics.median(ours), statistics.median(theirs)
        print(f"{name:24} {a:11.2f} {b:11.2f} {b / a:6.2f}x   "
              f"{first:.5g} {'agrees' if agree else 'DIFFERS from'} {result['first_value']:.5g}",
              flush=True)
    sys.exit(1 if failed else 0)


main()

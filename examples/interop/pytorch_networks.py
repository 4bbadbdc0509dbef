"""The networks of build/examples/interop in PyTorch: the same layers under the same names."""
import torch
from torch import nn


def lenet():
    """Of [N, 1, 28, 28]; as make_network() of examples/training/train.cpp, and a classifier."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.MaxPool2d(2), nn.PReLU(16),   # [N, 16, 14, 14]
        nn.Conv2d(16, 32, 3, padding=1), nn.MaxPool2d(2), nn.PReLU(32),  # [N, 32, 7, 7]
        nn.Conv2d(32, 64, 3, padding=1), nn.MaxPool2d(2), nn.PReLU(64),  # [N, 64, 3, 3]
        nn.Flatten(), nn.Linear(64 * 3 * 3, 64), nn.BatchNorm1d(64), nn.PReLU(64),
        nn.Linear(64, 2), nn.Linear(2, 10))


class ResidualBlock(nn.Module):
    """That of examples/training/residual_network.h."""

    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut.append(nn.Conv2d(inputs, outputs, 1, stride, bias=False))
            self.shortcut.append(nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = torch.relu(self.norm1(self.conv1(x)))
        return torch.relu(self.norm2(self.conv2(y)) + self.shortcut(x))


def residual():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
        ResidualBlock(16, 16), ResidualBlock(16, 32, 2), ResidualBlock(32, 64, 2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


NETWORKS = {"lenet": lenet, "residual": residual}

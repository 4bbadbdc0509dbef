"""Cases for the modules of nn/layers.h: PyTorch's module of that name, built with the same options
and filled with random parameters, and how its output's gradient reaches input and parameters."""
import torch
from torch import nn

from fixture import generator, index, real, single


def write(f):
    image, rows = real(2, 4, 5, 6), real(4, 3)
    layer(f, "linear.default", nn.Linear(3, 2), rows)
    layer(f, "linear.no_bias", nn.Linear(3, 2, bias=False), rows)
    layer(f, "conv2d.default", nn.Conv2d(4, 3, 3), image)
    layer(f, "conv2d.options",
          nn.Conv2d(4, 6, (2, 3), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2,
                    bias=False), image)
    layer(f, "max_pool2d.default", nn.MaxPool2d(2), image)
    layer(f, "avg_pool2d.default", nn.AvgPool2d(2), image)
    layer(f, "adaptive_avg_pool2d.default", nn.AdaptiveAvgPool2d((3, 4)), image)
    layer(f, "relu.default", nn.ReLU(), rows)
    layer(f, "prelu.default", nn.PReLU(), image)
    layer(f, "prelu.channels", nn.PReLU(4), image)
    layer(f, "dropout.eval", nn.Dropout().eval(), rows)
    layer(f, "flatten.default", nn.Flatten(), image)
    layer(f, "embedding.default", nn.Embedding(5, 3), index(5, 2, 3))
    layer(f, "layer_norm.default", nn.LayerNorm([5, 6]), image)
    layer(f, "layer_norm.options", nn.LayerNorm(3, eps=0.1, elementwise_affine=False), rows)
    layer(f, "tanh.default", nn.Tanh(), rows)
    layer(f, "sigmoid.default", nn.Sigmoid(), rows)
    layer(f, "silu.default", nn.SiLU(), rows)
    layer(f, "softplus.default", nn.Softplus(), rows)
    layer(f, "identity.default", nn.Identity(), rows)
    layer(f, "leaky_relu.default", nn.LeakyReLU(), rows)
    layer(f, "leaky_relu.options", nn.LeakyReLU(0.2), rows)
    layer(f, "gelu.default", nn.GELU(), rows)
    layer(f, "gelu.approximate", nn.GELU("tanh"), rows)
    layer(f, "max_pool2d.positional", nn.MaxPool2d(3, 2, 1), image)
    layer(f, "avg_pool2d.positional", nn.AvgPool2d(3, 2, 1), image)
    layer(f, "group_norm.default", nn.GroupNorm(2, 4), image)
    layer(f, "group_norm.options", nn.GroupNorm(3, 3, eps=0.1, affine=False), rows)
    layer(f, "sequential.convnet",
          nn.Sequential(nn.Conv2d(4, 3, 3, padding=1, bias=False), nn.BatchNorm2d(3), nn.PReLU(3),
                        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 4)), image)
    layer(f, "batch_norm1d.rows", nn.BatchNorm1d(3), real(5, 3), steps=4)
    layer(f, "batch_norm1d.sequences", nn.BatchNorm1d(3), real(2, 3, 4), steps=4)
    layer(f, "batch_norm2d.images", nn.BatchNorm2d(3), real(2, 3, 2, 3), steps=4)
    layer(f, "batch_norm2d.cumulative", nn.BatchNorm2d(3, momentum=None), real(2, 3, 2, 3),
          steps=4)
    layer(f, "batch_norm1d.untracked", nn.BatchNorm1d(3, track_running_stats=False), real(5, 3),
          steps=3)
    layer(f, "batch_norm2d.options", nn.BatchNorm2d(3, eps=0.1, momentum=0.3, affine=False),
          real(2, 3, 2, 3), steps=4)


def layer(f, name, module, spec, steps=1):
    """Gives the module random parameters, stored as `name.parameter.<its name>`, and runs it.
    Several steps are training, but for the last."""
    rng = generator(name)
    for key, parameter in module.named_parameters():
        parameter.data = torch.from_numpy(single(rng.uniform(-1, 1, parameter.shape)))
        f.add(name, **{f"parameter.{key}": parameter})
    for step in range(steps):
        if step > 0 and step == steps - 1:
            module.eval()
        run(f, name, f"step{step}", module, spec, rng)


def run(f, name, step, module, spec, rng):
    """Stores `name.<step>.in`, `.out`, `.cotangent`, `.grad`, and `.grad.<name>` of each parameter
    and `.after.<name>` of each buffer."""
    x = torch.from_numpy(spec.draw(rng))
    wanted = dict(module.named_parameters(prefix="grad"))
    if spec.differentiable:
        wanted["grad"] = x.requires_grad_()
    out = module(x)
    cotangent = torch.from_numpy(single(rng.uniform(-1, 1, out.shape)))
    gradients = torch.autograd.grad(out, list(wanted.values()), cotangent)
    buffers = dict(module.named_buffers(prefix="after"))
    arrays = {"in": x, "out": out, "cotangent": cotangent, **dict(zip(wanted, gradients)), **buffers}
    f.add(name, **{f"{step}.{key}": array for key, array in arrays.items()})

"""Trajectories of SGD, Adam, AdamW and RMSprop with the options of PyTorch's optimiser database."""
import torch
from torch.testing._internal.common_optimizers import optim_db

from samples import LeftOut, seed

STEPS = 6
SHAPES = [(3, 4), (5,)]
IMPLEMENTATIONS = {"foreach", "fused", "differentiable", "capturable"}  # change no number


def write(file):
    for info in optim_db:
        name = f"optim.{info.optim_cls.__name__}"
        if name not in ("optim.SGD", "optim.Adam", "optim.AdamW", "optim.RMSprop"):
            file.leave_out("other", "optimisers", "no such optimiser")
            continue
        seed(name)
        for number, given in enumerate(info.optim_inputs_func(device="cpu")):
            write_trajectory(file, info, name, number, given.kwargs)
        for number, error in enumerate(info.optim_error_inputs_func("cpu", torch.float64)):
            write_error(file, name, number, error.optimizer_error_input)


def name_arguments(options):
    named = {}
    for name, value in options.items():
        if name in IMPLEMENTATIONS:
            continue
        if isinstance(value, torch.Tensor) or name == "betas" and any(
                isinstance(beta, torch.Tensor) for beta in value):
            raise LeftOut(f"option {name} as a tensor")
        if name == "betas":
            named.update(beta1=value[0], beta2=value[1])
        else:
            named[name] = value
    return named


def draw():
    parameters = [torch.rand(shape, dtype=torch.float64) for shape in SHAPES]
    gradients = [torch.rand(STEPS, *shape, dtype=torch.float64) - 0.5 for shape in SHAPES]
    return parameters, gradients


def write_trajectory(file, info, name, number, options):
    inputs = []
    parameters, gradients = draw()
    try:
        named = {"params": parameters, "gradients": gradients, **name_arguments(options)}
        call = file.call(name, named, inputs)
    except LeftOut as reason:
        return file.leave_out("optimisers", name, str(reason))

    def run(tensors):
        moving = [tensor.clone().requires_grad_() for tensor in tensors[:len(SHAPES)]]
        optimizer = info.optim_cls(moving, **options)
        rows = []
        for step in range(STEPS):
            for parameter, gradient in zip(moving, tensors[len(SHAPES):]):
                parameter.grad = gradient[step].clone()
            optimizer.step()
            rows.append(torch.cat([parameter.detach().clone().reshape(-1)
                                   for parameter in moving]))
        return torch.stack(rows), {}

    file.sample("optimisers", name, number, [call], inputs, run)


def write_error(file, name, number, given):
    parameters, gradients = draw()
    if given.params is not None:
        parameters = given.params
        if not isinstance(parameters, list) or not all(isinstance(p, torch.Tensor)
                                                       for p in parameters):
            return file.leave_out("optimisers", name, "does not compile: other kinds of params")
        gradients = [torch.zeros(STEPS, *p.shape, dtype=torch.float64) for p in parameters]
        if len({id(p) for p in parameters}) < len(parameters):
            gradients = gradients[:1] * len(parameters)
    try:
        named = {"params": parameters, "gradients": gradients, **name_arguments(given.kwargs)}
    except LeftOut as reason:
        return file.leave_out("optimisers", name, str(reason))
    file.error("optimisers", name, f"error{number}", name, named)

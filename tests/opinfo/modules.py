"""The samples of PyTorch's module database, for the layers and the losses that Gradian has."""
import inspect

import torch
from torch.testing._internal.common_modules import module_db

from samples import LeftOut, seed

LAYERS = {"Linear", "Conv2d", "BatchNorm1d", "BatchNorm2d", "LayerNorm", "Embedding", "PReLU",
          "MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "ReLU", "Tanh", "Sigmoid", "SiLU", "GELU",
          "LeakyReLU", "Softplus", "GroupNorm"}
LOSSES = {"CrossEntropyLoss", "NLLLoss", "MSELoss", "L1Loss", "SmoothL1Loss",
          "BCEWithLogitsLoss"}


def write(file):
    for info in module_db:
        name = info.name.removeprefix("nn.")
        if name not in LAYERS | LOSSES:
            file.leave_out("other", "modules", "no such module")
            continue
        seed(info.name)
        write_module(file, info, "layers" if name in LAYERS else "loss")


def write_module(file, info, family):
    for training in (True, False):
        samples = info.module_inputs_func(info, device="cpu", dtype=torch.float64,
                                          requires_grad=True, training=training)
        for number, sample in enumerate(samples):
            label = f"{'train' if training else 'eval'}.{number}"
            write_sample(file, info, family, label, training, sample)
    if info.module_error_inputs_func is None:
        return
    errors = info.module_error_inputs_func(info, device="cpu", dtype=torch.float64,
                                           requires_grad=False, training=True)
    for number, error in enumerate(errors):
        sample = error.module_error_input
        try:
            named = name_arguments(info, sample)
            parameters = {}
            if "CONSTRUCTION" not in str(error.error_on):
                parameters = parameters_of(make(info, sample))
            file.error(family, info.name, f"error{number}", info.name, named | parameters)
        except LeftOut as reason:
            file.leave_out(family, info.name, str(reason))


def make(info, sample):
    """The module, whose parameters are drawn: initial ones may be 0 or 1."""
    module = info.module_cls(*sample.constructor_input.args, **sample.constructor_input.kwargs)
    module.to(torch.float64)
    for parameter in module.parameters():
        parameter.data = torch.rand_like(parameter) * 2 - 1
    return module


def parameters_of(module):
    return {f"parameter.{name}": parameter for name, parameter in module.named_parameters()}


def name_arguments(info, sample):
    """The arguments of constructor and forward by name, without those that have their defaults."""
    named = {}
    calls = [(info.module_cls.__init__, sample.constructor_input, [None])]
    if sample.forward_input is not None:
        calls.append((info.module_cls.forward, sample.forward_input, [None]))
    for function, given, myself in calls:
        signature = inspect.signature(function)
        try:
            bound = signature.bind(*myself, *given.args, **given.kwargs).arguments
        except TypeError:
            raise LeftOut("does not compile: missing arguments") from None
        defaults = {name: p.default for name, p in signature.parameters.items()}
        named.update({name: value for name, value in list(bound.items())[1:]
                      if isinstance(value, torch.Tensor) or value != defaults[name]})
    if any(value is None for value in named.values()):
        raise LeftOut("option None for " + next(k for k, v in named.items() if v is None))
    return named


def write_sample(file, info, family, number, training, sample):
    inputs = []
    try:
        module = make(info, sample).train(training)
        arguments = name_arguments(info, sample) | parameters_of(module)
        call = file.call(info.name, arguments | {"training": training}, inputs)
    except LeftOut as reason:
        return file.leave_out(family, info.name, str(reason))
    names = {id(parameter): name for name, parameter in module.named_parameters()}

    def run(tensors):
        by_input = {id(given.original): tensor for given, tensor in zip(inputs, tensors)}
        parameters = {names[key]: tensor for key, tensor in by_input.items() if key in names}
        buffers = {name: buffer.clone() for name, buffer in module.named_buffers()}

        def replace(value):
            return by_input.get(id(value), value)

        forward = sample.forward_input
        out = torch.func.functional_call(
            module, parameters | buffers, tuple(map(replace, forward.args)),
            {key: replace(value) for key, value in forward.kwargs.items()})
        changed = {name: buffer for name, buffer in buffers.items()
                   if name.startswith(("running", "num_batches"))}
        return (out[0] if isinstance(out, tuple) else out), changed

    file.sample(family, info.name, number, [call], inputs, run, info.supports_gradgrad)

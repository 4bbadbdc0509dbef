"""Cases for nn/optimizer.h and nn/schedule.h: ten steps of two parameters, whose gradients are the
fixed ones of `problem` and so the same in every case; schedules alone; clipping; and a small
network trained on its own gradients."""
import numpy as np
import torch
from torch import nn
from torch.optim import SGD, Adam, AdamW, RMSprop
from torch.optim import lr_scheduler as schedulers

from fixture import generator, single

STEPS = 10
SHAPES = {"weight": (3, 4), "bias": (3,)}


def write(f):
    rng = generator("problem")
    start = {key: single(rng.uniform(-1, 1, shape)) for key, shape in SHAPES.items()}
    gradients = {key: single(rng.normal(0, 1, (STEPS, *shape))) for key, shape in SHAPES.items()}
    f.add("problem", **start)
    f.add("problem", **{f"{key}_gradients": array for key, array in gradients.items()})
    plain_runs(f, lambda *args, **options: trajectory(f, start, gradients, *args, **options))
    schedule_factors(f)
    plateaus(f)
    clipping(f, gradients)
    training(f)


def plain_runs(f, run):
    run("sgd.plain", SGD, lr=0.1)
    run("sgd.default_lr", SGD)
    run("sgd.momentum", SGD, lr=0.1, momentum=0.9)
    run("sgd.dampening", SGD, lr=0.1, momentum=0.9, dampening=0.25)
    run("sgd.nesterov", SGD, lr=0.1, momentum=0.9, nesterov=True)
    run("sgd.weight_decay", SGD, lr=0.1, weight_decay=0.1)
    run("sgd.everything", SGD, lr=0.1, momentum=0.8, nesterov=True, weight_decay=0.1,
        schedule=lambda o: schedulers.StepLR(o, 3, 0.5))
    run("sgd.missing_gradients", SGD, lr=0.1, momentum=0.9, dampening=0.25, missing=(0, 3))
    run("sgd.groups", SGD, lr=0.1, momentum=0.9, weight_decay=0.1,
        bias_group={"lr": 0.5, "weight_decay": 0.0},
        schedule=lambda o: schedulers.CosineAnnealingLR(o, 10))
    run("adam.default", Adam)
    run("adam.options", Adam, lr=0.1, betas=(0.8, 0.9), eps=0.01)
    run("adam.weight_decay", Adam, lr=0.1, weight_decay=0.1)
    run("adam.missing_gradients", Adam, lr=0.1, missing=(0, 3))
    run("adam.schedule", Adam, lr=0.1, schedule=lambda o: schedulers.MultiStepLR(o, [2, 5], 0.3))
    run("adamw.no_decay", AdamW, lr=0.1, weight_decay=0.0)
    run("adamw.weight_decay", AdamW, lr=0.1, weight_decay=0.1)
    run("adamw.groups", AdamW, lr=0.1, weight_decay=0.1,
        bias_group={"lr": 0.5, "weight_decay": 0.0},
        schedule=lambda o: schedulers.PolynomialLR(o, 9, 2.0))
    run("adamw.default", AdamW)
    run("rmsprop.default", RMSprop)
    run("rmsprop.options", RMSprop, lr=0.1, alpha=0.8, eps=0.01)
    run("rmsprop.momentum", RMSprop, lr=0.1, momentum=0.9)
    run("rmsprop.centered", RMSprop, lr=0.1, alpha=0.8, centered=True)
    run("rmsprop.everything", RMSprop, lr=0.1, momentum=0.8, weight_decay=0.1, centered=True,
        schedule=lambda o: schedulers.StepLR(o, 3, 0.5))
    run("rmsprop.missing_gradients", RMSprop, momentum=0.9, missing=(0, 3))
    run("sgd.group_options", SGD, lr=0.1, momentum=0.9, weight_decay=0.1, nesterov=True,
        bias_group={"lr": 0.5, "momentum": 0.5, "dampening": 0.25, "weight_decay": 0.0,
                    "nesterov": False})
    run("sgd.paper_centers", SGD, lr=0.1, momentum=0.9, weight_decay=0.1,
        bias_group={"lr": 0.5, "momentum": 0.0, "weight_decay": 0.0})
    run("adam.group_options", Adam, lr=0.1,
        bias_group={"lr": 0.5, "betas": (0.8, 0.9), "eps": 0.01})
    run("rmsprop.group_options", RMSprop, lr=0.1,
        bias_group={"alpha": 0.8, "eps": 0.01, "momentum": 0.9, "centered": True})


def trajectory(f, start, gradients, name, kind, schedule=None, missing=(), bias_group=None,
               **options):
    """Stores both parameters after each step; the bias has no gradient in the `missing` steps."""
    parameters = {key: nn.Parameter(torch.tensor(array)) for key, array in start.items()}
    groups = [{"params": [parameters["weight"]]}, {"params": [parameters["bias"]]}]
    groups[1].update(bias_group or {})
    optimizer = kind(groups, **options)
    scheduler = schedule(optimizer) if schedule else None
    after = {key: [] for key in SHAPES}
    for step in range(STEPS):
        for key, parameter in parameters.items():
            parameter.grad = torch.tensor(gradients[key][step])
        if step in missing:
            parameters["bias"].grad = None
        optimizer.step()
        if scheduler:
            scheduler.step()
        for key, parameter in parameters.items():
            after[key].append(parameter.detach().numpy().copy())
    f.add(name, **{key: np.stack(arrays) for key, arrays in after.items()})


def schedule_factors(f):
    """The learning rate before each step, for a base rate of 1."""
    def record(name, build):
        optimizer = SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
        scheduler = build(optimizer)
        rates = []
        for _ in range(2 * STEPS):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        f.add(name, factors=np.array(rates))

    def warm_up(optimizer, steps, after):
        rise = schedulers.LinearLR(optimizer, 1 / steps, 1.0, steps - 1)
        return schedulers.SequentialLR(optimizer, [rise, after], [steps])

    record("schedule.constant", lambda o: schedulers.ConstantLR(o, 1.0))
    record("schedule.step", lambda o: schedulers.StepLR(o, 4, 0.5))
    record("schedule.step_default_gamma", lambda o: schedulers.StepLR(o, 7))
    record("schedule.multi_step", lambda o: schedulers.MultiStepLR(o, [3, 4, 11], 0.3))
    record("schedule.cosine", lambda o: schedulers.CosineAnnealingLR(o, 19, 0.1))
    record("schedule.polynomial_default_power", lambda o: schedulers.PolynomialLR(o, 12))
    record("schedule.polynomial", lambda o: schedulers.PolynomialLR(o, 12, 2.5))
    record("schedule.warm_up", lambda o: warm_up(o, 5, schedulers.ConstantLR(o, 1.0)))
    record("schedule.warm_up_multi_step",
           lambda o: warm_up(o, 4, schedulers.MultiStepLR(o, [3, 8])))
    record("schedule.warm_up_cosine", lambda o: warm_up(o, 4, schedulers.CosineAnnealingLR(o, 15)))
    one_cycle = lambda o, steps=20, **options: schedulers.OneCycleLR(o, 1.0, steps, **options)
    record("schedule.one_cycle", one_cycle)
    record("schedule.one_cycle_linear", lambda o: one_cycle(o, anneal_strategy="linear"))
    record("schedule.one_cycle_options",
           lambda o: one_cycle(o, 25, pct_start=0.55, div_factor=8, final_div_factor=100))
    record("schedule.one_cycle_three_phase",
           lambda o: one_cycle(o, pct_start=0.35, three_phase=True))
    record("schedule.one_cycle_falls_at_once", lambda o: one_cycle(o, pct_start=0.0))
    record("schedule.cosine_beyond_its_end", lambda o: schedulers.CosineAnnealingLR(o, 10))


def plateaus(f):
    """The learning rate after each of 40 metrics that fall, rise and stand still; one is NaN.
    Those that are to grow are 3 minus these."""
    rng = generator("plateau")
    metrics = np.round(1 + np.cos(np.arange(40) / 4) / (1 + np.arange(40)) +
                       rng.uniform(0, 0.1, 40), 2)
    metrics[25:31] = metrics[24]
    metrics[12] = np.nan
    f.add("plateau", metrics=metrics)
    for name, options in [
            ("default", {}),
            ("patience", {"patience": 2, "factor": 0.5}),
            ("max", {"mode": "max", "patience": 3, "factor": 0.5}),
            ("absolute", {"threshold_mode": "abs", "threshold": 0.05, "patience": 1}),
            ("absolute_max", {"mode": "max", "threshold_mode": "abs", "threshold": 0.05,
                              "patience": 2}),
            ("cooldown", {"patience": 0, "cooldown": 4, "factor": 0.7, "min_lr": 0.2})]:
        optimizer = SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
        scheduler = schedulers.ReduceLROnPlateau(optimizer, eps=0, **options)
        rates = []
        for metric in metrics:
            scheduler.step(3 - metric if scheduler.mode == "max" else metric)
            rates.append(optimizer.param_groups[0]["lr"])
        f.add(f"plateau_{name}", factors=np.array(rates))


def clipping(f, gradients):
    for name, max_norm in [("tight", 0.5), ("loose", 100.0)]:
        parameters = {key: nn.Parameter(torch.zeros(shape)) for key, shape in SHAPES.items()}
        for key, parameter in parameters.items():
            parameter.grad = torch.tensor(gradients[key][0])
        norm = nn.utils.clip_grad_norm_(parameters.values(), max_norm)
        f.add(f"clip.{name}", norm=norm, **{key: p.grad for key, p in parameters.items()})


def training(f):
    """A tanh network of 4, 3 and 2 units on its own gradients: the losses and the end."""
    for name, build in [
            ("sgd", lambda p: SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01)),
            ("adam", lambda p: Adam(p, lr=0.05)),
            ("adamw", lambda p: AdamW(p, lr=0.05, weight_decay=0.1))]:
        case = f"training.{name}"
        rng = generator(case)
        draw = lambda *shape: torch.from_numpy(single(rng.uniform(-1, 1, shape)))
        hidden, output = nn.Linear(4, 3), nn.Linear(3, 2)
        parameters = [*hidden.parameters(), *output.parameters()]
        for i, parameter in enumerate(parameters):
            parameter.data = draw(*parameter.shape)
            f.add(case, **{f"start{i}": parameter})
        x, target = draw(8, 4), draw(8, 2)
        f.add(case, x=x, target=target)
        optimizer, losses = build(parameters), []
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(output(torch.tanh(hidden(x))), target)
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, 0.5)
            optimizer.step()
            losses.append(loss.item())
        f.add(case, losses=np.array(losses),
              **{f"end{i}": parameter for i, parameter in enumerate(parameters)})

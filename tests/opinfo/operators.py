"""The samples and the error inputs of PyTorch's operator database, for what Gradian has."""
import torch
from torch.testing._internal.common_methods_invocations import op_db

from samples import LeftOut, seed

# By family, PyTorch's operators that Gradian has, in its own name or another: how they name their
# arguments, with defaults; the first is the sample's input. `*shape` takes all that follow.
ARGUMENTS = {
    "elementwise": {
        "neg abs square reciprocal rsqrt exp log log1p sqrt sin cos acos tanh erf sigmoid sign "
        "isfinite nn.functional.silu nn.functional.relu": "input",
        "add sub rsub": "input other alpha=1",
        "mul div.no_rounding_mode true_divide maximum minimum max.binary min.binary "
        "__radd__ __rsub__ __rmul__ __rdiv__ eq ne lt le gt ge": "input other",
        "pow": "input exponent",
        "where": "input condition other",
        "clamp": "input min=None max=None",
        "nn.functional.hardtanh": "input min_val=-1.0 max_val=1.0",
        "nn.functional.softplus": "input beta=1 threshold=20",
        "nn.functional.gelu": "input approximate=none",
        "nn.functional.leaky_relu": "input negative_slope=0.01",
        "nn.functional.prelu": "input weight",
        "nn.functional.dropout": "input p=0.5 training=True",
    },
    "shape": {
        "reshape view broadcast_to expand": "input shape",
        "sum_to_size": "input *shape",
        "permute": "input dims",
        "transpose": "input dim0 dim1",
        "flatten": "input start_dim=0 end_dim=-1",
        "squeeze": "input dim=None",
        "unsqueeze": "input dim",
        "slice": "input dim=0 start=None end=None step=1",
        "select": "input dim index",
        "narrow": "input dim start length",
        "constant_pad_nd": "input pad value=0.0",
        "nn.functional.pad.constant": "input pad mode=constant value=0.0",
        "flip": "input dims",
        "cat stack": "tensors dim=0",
    },
    "reduction": {
        "sum mean": "input dim=None keepdim=False dtype=None",
        "var var.unbiased": "input dim=None unbiased=None correction=1 keepdim=False",
        "amax amin logsumexp": "input dim=None keepdim=False",
        "max.reduction_with_dim min.reduction_with_dim max.reduction_no_dim "
        "min.reduction_no_dim argmax argmin": "input dim=None keepdim=False",
        "cumsum": "input dim dtype=None",
        "softmax log_softmax": "input dim dtype=None",
        "norm norm.fro": "input p=fro dim=None keepdim=False dtype=None",
        "linalg.vector_norm": "input ord=2 dim=None keepdim=False dtype=None",
    },
    "norm": {
        "nn.functional.normalize": "input p=2.0 dim=1 eps=1e-12",
        "nn.functional.cosine_similarity": "x1 x2 dim=1 eps=1e-8",
        "nn.functional.layer_norm": "input normalized_shape weight=None bias=None eps=1e-5",
        "nn.functional.batch_norm": "input running_mean running_var weight=None bias=None "
                                    "training=False momentum=0.1 eps=1e-5",
    },
    "indexing": {
        "gather": "input dim index",
        "scatter_add": "input dim index src",
        "index_select": "input dim index",
        "nn.functional.embedding": "weight input padding_idx=None max_norm=None norm_type=2.0 "
                                   "scale_grad_by_freq=False sparse=False",
        "nn.functional.one_hot": "input num_classes=-1",
    },
    "product": {
        "matmul mm bmm mv dot __rmatmul__": "input other",
        "nn.functional.linear": "input weight bias=None",
        "nn.functional.conv2d": "input weight bias=None stride=1 padding=0 dilation=1 groups=1",
    },
    "pooling": {
        "nn.functional.max_pool2d": "input kernel_size stride=None padding=0 dilation=1 "
                                    "ceil_mode=False return_indices=False",
        "nn.functional.avg_pool2d": "input kernel_size stride=None padding=0 ceil_mode=False "
                                    "count_include_pad=True divisor_override=None",
        "nn.functional.adaptive_avg_pool2d": "input output_size",
    },
    "loss": {
        "nn.functional.cross_entropy": "input target weight=None size_average=None "
                                       "ignore_index=-100 reduce=None reduction=mean "
                                       "label_smoothing=0.0",
        "nn.functional.nll_loss": "input target weight=None size_average=None ignore_index=-100 "
                                  "reduce=None reduction=mean",
        "nn.functional.mse_loss nn.functional.l1_loss":
            "input target size_average=None reduce=None reduction=mean weight=None",
        "nn.functional.smooth_l1_loss":
            "input target size_average=None reduce=None reduction=mean beta=1.0",
        "nn.functional.binary_cross_entropy_with_logits":
            "input target weight=None size_average=None reduce=None reduction=mean "
            "pos_weight=None",
        "nn.functional.triplet_margin_loss":
            "anchor positive negative margin=1.0 p=2 eps=1e-6 swap=False size_average=None "
            "reduce=None reduction=mean",
    },
}
OTHER_NAMES = {"keepdims": "keepdim", "axis": "dim", "size": "shape"}
WHOLE_NUMBERS = {"index", "target", "condition"}  # arguments that may be so among floating ones


def write(file):
    known = {name: (family, arguments) for family, rows in ARGUMENTS.items()
             for names, arguments in rows.items() for name in names.split()}
    for op in op_db:
        name = full_name(op)
        if name not in known:
            file.leave_out("other", "operators", "no such function")
            continue
        family, arguments = known[name]
        seed(name)
        write_operator(file, op, family, name, arguments)


def full_name(op):
    return f"{op.name}.{op.variant_test_name}" if op.variant_test_name else op.name


def write_operator(file, op, family, name, arguments):
    dtypes, count = sorted(op.dtypes, key=str), 0
    for dtype in (torch.float64, torch.int64):
        found = samples_of(op, dtype) if dtype in dtypes else []
        for number, sample in enumerate(found):
            write_sample(file, op, family, name, arguments, number, dtype, sample)
        dtypes = [other for other in dtypes if other != dtype]
        count = max(count, len(found))
    for dtype in dtypes:  # which have about as many samples: they are not drawn
        replayed = " (replayed in float64)" if dtype == torch.float32 else ""
        file.leave_out(family, name, f"dtype {str(dtype)[6:]}{replayed}", count)
    if op.error_inputs_func is None:
        return
    for number, error in enumerate(op.error_inputs("cpu")):
        sample = error.sample_input
        try:
            named = name_arguments(arguments, sample)
            if not has_tensor(sample.input):
                raise LeftOut("does not compile: the input is no tensor")
            if any(is_bool(value) for name, value in named.items() if name != "condition"):
                raise LeftOut("dtype bool")
            file.error(family, name, f"error{number}", name, named)
        except LeftOut as reason:
            file.leave_out(family, name, str(reason))


def samples_of(op, dtype):
    """The reference inputs, which include the samples."""
    differentiable = dtype == torch.float64 and dtype in op.supported_backward_dtypes("cpu")
    try:
        return list(op.reference_inputs("cpu", dtype, requires_grad=differentiable))
    except ValueError:  # some makers ask for a gradient of whole numbers too
        samples = list(op.reference_inputs("cpu", dtype, requires_grad=False))
    for sample in samples if differentiable else []:
        for value in (sample.input, *sample.args, *sample.kwargs.values()):
            if isinstance(value, torch.Tensor) and value.dtype == dtype:
                value.requires_grad_()
    return samples


def has_tensor(value):
    if isinstance(value, (list, tuple)):
        return any(has_tensor(item) for item in value)
    return isinstance(value, torch.Tensor)


def is_bool(value):
    return isinstance(value, torch.Tensor) and value.dtype == torch.bool


def name_arguments(arguments, sample):
    """The sample's arguments by name, without those that have their default value."""
    names, defaults = [], {}
    for word in arguments.split():
        name, _, default = word.partition("=")
        names.append(name)
        if default:
            defaults[name] = default
    given = [sample.input, *sample.args]
    if names[-1].startswith("*"):
        names[-1] = names[-1][1:]
        if not (len(given) == 2 and isinstance(given[1], (list, tuple))):
            given = [given[0], given[1:]]
    if "unbiased" in names and len(given) > 1 and isinstance(given[1], bool):
        given.insert(1, None)  # var(x, unbiased) has no dim
    if len(given) > len(names):
        raise LeftOut("too many arguments")
    named = dict(zip(names, given))
    named.update({OTHER_NAMES.get(name, name): value for name, value in sample.kwargs.items()})
    return {name: value for name, value in named.items()
            if value is not None and not is_default(value, defaults.get(name))}


def is_default(value, default):
    if default is None or isinstance(value, (torch.Tensor, list, tuple)):
        return False
    if isinstance(value, (bool, str)):
        return str(value) == default
    return isinstance(value, (int, float)) and value == number(default)


def number(text):
    try:
        return float(text)
    except ValueError:
        return None


def check_operands(named, dtype):
    for name, value in named.items():
        for tensor in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(tensor, torch.Tensor) and tensor.dtype != dtype \
                    and not (tensor.dtype in (torch.int64, torch.bool) and name in WHOLE_NUMBERS):
                raise LeftOut("operands of different dtypes")


def write_sample(file, op, family, name, arguments, number, dtype, sample):
    inputs = []
    try:
        named = name_arguments(arguments, sample)
        if not (set(named) & WHOLE_NUMBERS and dtype == torch.int64):
            check_operands(named, dtype)
        call = file.call(name, named, inputs)
    except LeftOut as reason:
        return file.leave_out(family, name, str(reason))

    def run(tensors):
        by_input = {id(given.original): tensor for given, tensor in zip(inputs, tensors)}

        def replace(value):
            if isinstance(value, torch.Tensor):
                tensor = by_input[id(value)]
                return tensor if value.dtype == tensor.dtype else tensor.to(value.dtype)
            if isinstance(value, (list, tuple)):
                return type(value)(map(replace, value))
            return value

        out = op(replace(sample.input), *map(replace, sample.args),
                 **{key: replace(value) for key, value in sample.kwargs.items()})
        if out is NotImplemented:
            raise LeftOut("PyTorch fails on its own sample: NotImplemented")
        return (out[0] if isinstance(out, tuple) else out), {}

    number = f"{number}" if dtype == torch.float64 else f"int64.{number}"
    file.sample(family, name, number, [call], inputs, run, op.supports_gradgrad)

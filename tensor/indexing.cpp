// Reading and writing through index tensors, and joining tensors.
#include "tensor/kernels.h"
#include "tensor/loops.h"

namespace gradian {
namespace {

using namespace loops;

// Checks what gather and scatter_add share and returns the normalised axis.
int check_index(const Shape& shape, int axis, const Tensor& index) {
  check_defined(index);
  numel(shape);
  axis = normalize_axis(axis, shape.size());
  check(index.dtype() == DType::int64, "the index must be int64, got ", index.dtype());
  bool fits = index.dim() == shape.size();
  for (int a = 0; fits && a < shape.size(); ++a) fits = a == axis || index.shape()[a] <= shape[a];
  check(fits, "index ", index.shape(), " does not fit ", shape, " along axis ", axis);
  return axis;
}

int64_t checked(int64_t index, int64_t size) {
  check(index >= 0 && index < size, "index ", index, " is outside 0 to ", size - 1);
  return index;
}

}  // namespace

Tensor gather(const Tensor& x, int axis, const Tensor& index) {
  const Calling calling("gather");
  check_defined(x);
  axis = check_index(x.shape(), axis, index);
  Tensor out = Tensor::empty(index.shape(), x.dtype());
  // x walked along the index's shape, standing still along `axis`, where the index takes over.
  Shape base_strides = x.strides();
  base_strides[axis] = 0;
  const int64_t stride = x.strides()[axis], size = x.size(axis);
  const StridedLoop<3> loop =
      coalesce<3>(index.shape(), {out.strides(), base_strides, index.strides()});
  dispatch(x.dtype(), [&]<class T>() {
    T* out_data = out.mutable_data<T>();
    const T* in_data = x.data<T>();
    const int64_t* indices = index.data<int64_t>();
    for_each_row(loop, [&](const auto& offset, int64_t length, const auto& step) {
      for (int64_t i = 0; i < length; ++i) {
        const int64_t at = checked(indices[offset[2] + i * step[2]], size);
        out_data[offset[0] + i * step[0]] = in_data[offset[1] + i * step[1] + at * stride];
      }
    });
  });
  return out;
}

Tensor scatter_add(const Shape& shape, int axis, const Tensor& index, const Tensor& source) {
  const Calling calling("scatter_add");
  check_defined(source);
  axis = check_index(shape, axis, index);
  check(source.shape() == index.shape(), "index ", index.shape(), " but source ", source.shape());
  Tensor out = Tensor::zeros(shape, source.dtype());

  // Lines along `axis` are independent: they run in parallel, each one in order, so that
  // duplicates are added in the same order for any number of threads.
  Shape lines = index.shape(), out_strides = out.strides();
  Shape index_strides = index.strides(), source_strides = source.strides();
  const int64_t length = lines[axis];
  const int64_t out_step = out_strides[axis], index_step = index_strides[axis];
  const int64_t source_step = source_strides[axis], size = shape[axis];
  for (Shape* s : {&lines, &out_strides, &index_strides, &source_strides}) s->erase(axis);
  const StridedLoop<3> loop = coalesce<3>(lines, {out_strides, index_strides, source_strides});
  dispatch(source.dtype(), [&]<class T>() {
    T* out_data = out.mutable_data<T>();
    const T* in_data = source.data<T>();
    const int64_t* indices = index.data<int64_t>();
    const auto add_lines = [&](const auto& offset, int64_t count, const auto& step) {
      const auto add = [&](int64_t line, int64_t i) {
        const int64_t at = checked(indices[offset[1] + line * step[1] + i * index_step], size);
        out_data[offset[0] + line * step[0] + at * out_step] +=
            in_data[offset[2] + line * step[2] + i * source_step];
      };
      // Along the axis whose neighbours share cache lines first.
      if (out_step <= step[0]) {
        for (int64_t line = 0; line < count; ++line)
          for (int64_t i = 0; i < length; ++i) add(line, i);
      } else {
        for (int64_t i = 0; i < length; ++i)
          for (int64_t line = 0; line < count; ++line) add(line, i);
      }
    };
    for_each_row(loop, add_lines, out_step == 1 ? length : 1);
  });
  return out;
}

Tensor one_hot(const Tensor& labels, int64_t num_classes, DType dtype) {
  const Calling calling("one_hot");
  check_defined(labels);
  Shape shape = labels.shape();
  shape.push_back(num_classes);
  const Tensor index = labels.unsqueeze(labels.dim());
  return scatter_add(shape, labels.dim(), index, Tensor::ones(index.shape(), dtype));
}

Tensor concat(const std::vector<Tensor>& tensors, int axis) {
  const Calling calling("concat");
  check(!tensors.empty(), "no tensors");
  check_defined(tensors[0]);
  Shape shape = tensors[0].shape();
  axis = normalize_axis(axis, shape.size());
  shape[axis] = 0;
  for (const Tensor& tensor : tensors) {
    check_same_dtype(tensors[0], tensor);
    Shape expected = tensors[0].shape();
    if (tensor.dim() == expected.size()) expected[axis] = tensor.shape()[axis];
    check(tensor.shape() == expected, "shapes ", tensors[0].shape(), " and ", tensor.shape(),
          " differ outside axis ", axis);
    shape[axis] += tensor.shape()[axis];
    numel(shape);
  }
  Tensor out = Tensor::empty(shape, tensors[0].dtype());
  int64_t begin = 0;
  for (const Tensor& tensor : tensors) {
    const int64_t end = begin + tensor.shape()[axis];
    out.slice(axis, begin, end).copy_from(tensor);
    begin = end;
  }
  return out;
}

}  // namespace gradian

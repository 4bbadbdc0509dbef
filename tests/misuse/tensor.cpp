// The class Tensor: makers, access, views, copies, writes in place; random tensors and threads.
#include "tests/misuse/operands.h"
#include "tensor/profile.h"
#include "tensor/random.h"
#include "tensor/runtime/thread_pool.h"

namespace gradian::misuse {
namespace {

Rows makers() {
  return {
      {[] { Tensor::zeros(sizes(2, -1)); }, "zeros: negative size in shape [2, -1]"},
      {[] { Tensor::ones({-1}); }, "ones: negative size in shape [-1]"},
      {[] { Tensor::full({-1}, 0); }, "full: negative size in shape [-1]"},
      {[] { Tensor::empty({INT64_MIN}); }, "empty: negative size in shape [-9223372036854775808]"},
      {[] { Tensor::eye(-1); }, "eye: negative size in shape [-1, -1]"},
      {[] { Tensor::linspace(0, 1, -1); }, "linspace: negative count -1"},
      {[] { Tensor::linspace(0, 1, INT64_MIN); }, "linspace: negative count -9223372036854775808"},
      {[] { Tensor::linspace(kNaN, 1, 3); },
       "linspace: expected numbers at a finite distance, got nan and 1"},
      {[] { Tensor::linspace(0, kInf, 3); },
       "linspace: expected numbers at a finite distance, got 0 and inf"},
      {[] { Tensor::linspace(-1e308, 1e308, 3, DType::float64); },
       "linspace: expected numbers at a finite distance, got -1e+308 and 1e+308"},
      {[] { Tensor::linspace(0, 1e30, 3, DType::int64); }, "linspace: int64 cannot hold 5e+29"},
      {[] { Tensor::arange(-1); }, "arange: no way from 0 to -1 in steps of 1"},
      {[] { Tensor::arange(-1.5); }, "arange: no way from 0 to -1.5 in steps of 1"},
      {[] { Tensor::arange(0, 5, 0); }, "arange: no way from 0 to 5 in steps of 0"},
      {[] { Tensor::arange(0, 5, -1); }, "arange: no way from 0 to 5 in steps of -1"},
      {[] { Tensor::arange(5, 0); }, "arange: no way from 5 to 0 in steps of 1"},
      {[] { Tensor::arange(0, 5, INT64_MIN); },
       "arange: no way from 0 to 5 in steps of -9223372036854775808"},
      {[] { Tensor::arange(INT64_MIN, INT64_MAX); },
       "arange: no way from -9223372036854775808 to 9223372036854775807 in steps of 1"},
      {[] { Tensor::arange(0.0, 1.0, 0.0); }, "arange: no way from 0 to 1 in steps of 0"},
      {[] { Tensor::arange(0.0, 1.0, kNaN); }, "arange: no way from 0 to 1 in steps of nan"},
      {[] { Tensor::arange(kNaN); }, "arange: no way from 0 to nan in steps of 1"},
      {[] { Tensor::arange(0.0, kInf); }, "arange: no way from 0 to inf in steps of 1"},
      {[] { Tensor::arange(0.0, 1.0, 1e-300); }, "arange: no way from 0 to 1 in steps of 1e-300"},
      {[] { Tensor::arange(1e30, 3e30, 1e30, DType::int64); }, "arange: int64 cannot hold 1e+30"},
      {[] { Tensor::from(std::vector<float>(3), sizes(2, 2)); },
       "from: 3 values do not fit shape [2, 2]"},
      {[] { Tensor::from(std::vector<float>(), {}); }, "from: 0 values do not fit shape []"},
      {[] { Tensor::from(std::vector<float>(2), {-2}); }, "from: negative size in shape [-2]"},
      {[] { Tensor::from({uint64_t{1} << 63}, {1}); },
       "from: int64 cannot hold 9223372036854775808"},
      {[] {
         Tensor::from({{1, 2}, {3}});
       },
       "from: rows of 2 and 1 values"},
  };
}

// What no int64 is goes by no way into a tensor of them.
Rows not_whole() {
  static const auto into = [] { return integers(2); };
  Rows rows{
      {[] { Tensor::full({2}, 0.5, DType::int64); }, "full: int64 cannot hold 0.5"},
      {[] { Tensor::scalar(-1.5, DType::int64); }, "scalar: int64 cannot hold -1.5"},
      {[] { into().fill(1e-300); }, "fill: int64 cannot hold 1e-300"},
      {[] { full_like(into(), 0.5); }, "full_like: int64 cannot hold 0.5"},
      {[] { Tensor::from({1e30f}).to(DType::int64); }, "to: int64 cannot hold 1e+30"},
  };
  for (const auto& [value, shown] : {std::pair{kNaN, "nan"},
                                     {1e300, "1e+300"},
                                     {-kInf, "-inf"},
                                     {0x1p63, "9.22337e+18"},
                                     {-0x1.8p63, "-1.38351e+19"}}) {
    const auto from = [v = value] { return Tensor::from({1.0, v}); };
    const std::string refusal = text(": int64 cannot hold ", shown);
    append(rows, {
                     {[v = value] { Tensor::full({2}, v, DType::int64); }, "full" + refusal},
                     {[v = value] { Tensor::scalar(v, DType::int64); }, "scalar" + refusal},
                     {[v = value] { into().fill(v); }, "fill" + refusal},
                     {[=] { from().to(DType::int64); }, "to" + refusal},
                     {[=] { from().to_vector<int64_t>(); }, "to_vector" + refusal},
                     {[=] { into().copy_from(from()); }, "copy_from" + refusal},
                 });
  }
  return rows;
}

// A number that was made a DType, as a file's may be.
Rows unknown_dtypes() {
  const std::string refusal = ": expected float32, float64 or int64, got a dtype of number ";
  return {
      {[] { name(kNoDType); }, "name" + refusal + "7"},
      {[] { name(static_cast<DType>(-1)); }, "name" + refusal + "-1"},
      {[] { Tensor::empty({2}, kNoDType); }, "empty" + refusal + "7"},
      {[] { Tensor::empty({2}, static_cast<DType>(-1)); }, "empty" + refusal + "-1"},
      {[] { Tensor::full({2}, 1, kNoDType); }, "full" + refusal + "7"},
      {[] { Tensor::zeros({2}, kNoDType); }, "zeros" + refusal + "7"},
      {[] { Tensor::ones({2}, kNoDType); }, "ones" + refusal + "7"},
      {[] { Tensor::scalar(2, kNoDType); }, "scalar" + refusal + "7"},
      {[] { Tensor::eye(2, kNoDType); }, "eye" + refusal + "7"},
      {[] { Tensor::arange(2, kNoDType); }, "arange" + refusal + "7"},
      {[] { Tensor::arange(2.0, kNoDType); }, "arange" + refusal + "7"},
      {[] { Tensor::linspace(0, 1, 2, kNoDType); }, "linspace" + refusal + "7"},
      {[] { floats(2).to(kNoDType); }, "to" + refusal + "7"},
      {[] { rand({2}, kNoDType); }, "rand" + refusal + "7"},
      {[] { randn({2}, kNoDType); }, "randn" + refusal + "7"},
      {[] { one_hot(integers(2), 3, kNoDType); }, "one_hot" + refusal + "7"},
  };
}

Rows undefined_tensors() {
  Rows rows;
  add_undefined(rows, {
                          {"check_defined", [] { check_defined(Tensor()); }},
                          {"check_writable", [] { check_writable(Tensor()); }},
                          {"data", [] { Tensor().data<float>(); }},
                          {"mutable_data", [] { Tensor().mutable_data<float>(); }},
                          {"size", [] { Tensor().size(0); }},
                          {"at", [] { Tensor().at({}); }},
                          {"item", [] { Tensor().item(); }},
                          {"to_vector", [] { Tensor().to_vector<float>(); }},
                          {"reshape", [] { Tensor().reshape({1}); }},
                          {"permute", [] { Tensor().permute({}); }},
                          {"transpose", [] { Tensor().transpose(0, 1); }},
                          {"slice", [] { Tensor().slice(0, 0, 1); }},
                          {"select", [] { Tensor().select(0, 0); }},
                          {"expand", [] { Tensor().expand({2}); }},
                          {"unsqueeze", [] { Tensor().unsqueeze(0); }},
                          {"squeeze", [] { Tensor().squeeze(0); }},
                          {"squeeze", [] { Tensor().squeeze(); }},
                          {"flip", [] { Tensor().flip(0); }},
                          {"contiguous", [] { Tensor().contiguous(); }},
                          {"clone", [] { Tensor().clone(); }},
                          {"to", [] { Tensor().to(DType::float32); }},
                          {"owned", [] { Tensor().owned(); }},
                          {"fill", [] { Tensor().fill(1); }},
                          {"copy_from", [] { Tensor().copy_from(floats(1)); }},
                          {"copy_from", [] { floats(1).copy_from(Tensor()); }},
                          {"operator+=", [] { Tensor() += floats(1); }},
                          {"operator-=", [] { floats(1) -= Tensor(); }},
                          {"operator*=", [] { Tensor() *= 2; }},
                          {"operator/=", [] { floats(1) /= Tensor(); }},
                      });
  return rows;
}

Rows access() {
  static const auto x = [] { return floats(2, 3); };
  return {
      {[] { x().data<double>(); }, "data: expected float64, got a tensor of float32"},
      {[] { x().mutable_data<int64_t>(); },
       "mutable_data: expected int64, got a tensor of float32"},
      {[] { x().size(2); }, "size: axis 2 is out of range for 2 axes"},
      {[] { x().size(-3); }, "size: axis -3 is out of range for 2 axes"},
      {[] { Tensor::scalar(1).size(0); }, "size: axis 0 is out of range for 0 axes"},
      {[] { x().at({0}); }, "at: expected an index of 2 axes for shape [2, 3], got [0]"},
      {[] { x().at({}); }, "at: expected an index of 2 axes for shape [2, 3], got []"},
      {[] { x().at(sizes(0, 3)); }, "at: index [0, 3] is out of range for shape [2, 3]"},
      {[] { x().at(sizes(-1, 0)); }, "at: index [-1, 0] is out of range for shape [2, 3]"},
      {[] { floats(0).at({0}); }, "at: index [0] is out of range for shape [0]"},
      {[] { Tensor::linspace(0, 1, 2).at({2}); }, "at: index [2] is out of range for shape [2]"},
      {[] { x().item(); }, "item: expected one element, got shape [2, 3]"},
      {[] { floats(0).item(); }, "item: expected one element, got shape [0]"},
  };
}

Rows views() {
  static const auto x = [] { return floats(2, 3); };
  const std::string slice = "slice: range ", outside = " is outside axis 1 of shape [2, 3]";
  return {
      {[] { x().reshape(sizes(4, 2)); }, "reshape: 6 elements do not fit shape [4, 2]"},
      {[] { x().reshape({}); }, "reshape: 6 elements do not fit shape []"},
      {[] { x().reshape(sizes(4, -1)); }, "reshape: 6 elements do not fit shape [4, -1]"},
      {[] { x().reshape(sizes(0, -1)); }, "reshape: 6 elements do not fit shape [0, -1]"},
      {[] { floats(0).reshape(sizes(-1, 0)); }, "reshape: 0 elements do not fit shape [-1, 0]"},
      {[] { x().reshape(sizes(-1, -1)); }, "reshape: at most one size may be -1, got [-1, -1]"},
      {[] { x().reshape(sizes(-2, -3)); }, "reshape: at most one size may be -1, got [-2, -3]"},
      {[] { x().permute({0}); },
       "permute: expected each of the 2 axes of shape [2, 3] once, got [0]"},
      {[] {
         x().permute(Axes({0, 1, 2}));
       },
       "permute: expected each of the 2 axes of shape [2, 3] once, got [0, 1, 2]"},
      {[] {
         x().permute(Axes({0, 0}));
       },
       "permute: axis 0 is given twice"},
      {[] {
         x().permute(Axes({1, -1}));
       },
       "permute: axis -1 is given twice"},
      {[] {
         x().permute(Axes({0, 2}));
       },
       "permute: axis 2 is out of range for 2 axes"},
      {[] { x().transpose(0, 2); }, "transpose: axis 2 is out of range for 2 axes"},
      {[] { x().transpose(-3, 0); }, "transpose: axis -3 is out of range for 2 axes"},
      {[] { x().slice(2, 0, 1); }, "slice: axis 2 is out of range for 2 axes"},
      {[] { x().slice(1, 0, 4); }, slice + "0 to 4" + outside},
      {[] { x().slice(1, 2, 1); }, slice + "2 to 1" + outside},
      {[] { x().slice(1, -4, 3); }, slice + "-4 to 3" + outside},
      {[] { x().slice(1, 0, -4); }, slice + "0 to -4" + outside},
      {[] { x().slice(1, 4); }, slice + "4 to 3" + outside},
      {[] { x().slice(1, INT64_MIN, 1); }, slice + "-9223372036854775808 to 1" + outside},
      {[] { x().slice(1, 0, INT64_MIN); }, slice + "0 to -9223372036854775808" + outside},
      {[] { x().slice(1, 0, INT64_MAX - 1); }, slice + "0 to 9223372036854775806" + outside},
      {[] { x().slice(1, 0, 3, 0); }, "slice: step must be positive, got 0"},
      {[] { x().slice(1, 3, 0, -1); }, "slice: step must be positive, got -1"},
      {[] { x().select(0, 2); }, "select: index 2 is outside axis 0 of shape [2, 3]"},
      {[] { x().select(0, -3); }, "select: index -3 is outside axis 0 of shape [2, 3]"},
      {[] { x().select(2, 0); }, "select: axis 2 is out of range for 2 axes"},
      {[] { floats(0).select(0, 0); }, "select: index 0 is outside axis 0 of shape [0]"},
      {[] { x().select(0, INT64_MIN); },
       "select: index -9223372036854775808 is outside axis 0 of shape [2, 3]"},
      {[] { x().expand({3}); }, "expand: shape [2, 3] does not broadcast to [3]"},
      {[] { x().expand(sizes(3, 3)); }, "expand: shape [2, 3] does not broadcast to [3, 3]"},
      {[] { floats(1, 3).expand(sizes(-1, 1, 3)); },
       "expand: shape [1, 3] does not broadcast to [-1, 1, 3]"},
      {[] { floats(1, 3).expand(sizes(-2, 3)); },
       "expand: shape [1, 3] does not broadcast to [-2, 3]"},
      {[] { x().unsqueeze(3); }, "unsqueeze: axis 3 is out of range for 3 axes"},
      {[] { x().unsqueeze(-4); }, "unsqueeze: axis -4 is out of range for 3 axes"},
      {[] { Tensor::zeros(Shape::filled(8, 1)).unsqueeze(0); },
       "unsqueeze: expected at most 8 axes, got 9"},
      {[] { x().squeeze(0); }, "squeeze: axis 0 of shape [2, 3] is not of size 1"},
      {[] { x().squeeze(2); }, "squeeze: axis 2 is out of range for 2 axes"},
      {[] { Tensor::scalar(1).squeeze(0); }, "squeeze: axis 0 is out of range for 0 axes"},
      {[] { x().flip(2); }, "flip: axis 2 is out of range for 2 axes"},
      {[] {
         x().flip(Axes({0, -2}));
       },
       "flip: axis -2 is given twice"},
  };
}

// What repeats its elements is written to by none, and what is written keeps shape and dtype.
Rows writes() {
  static const auto repeated = [] { return floats(1, 3).expand(sizes(2, 3)); };
  const std::string repeats =
      ": the tensor written to repeats its elements along axis 0: clone() it first";
  const std::string shapes = ": shape [3, 2] does not broadcast to [2, 3]";
  const std::string dtypes = ": dtypes differ: float32 and int64";
  const std::string fraction =
      ": an int64 array meets the number 0.5: convert it to float32 or float64 first";
  return {
      {[] { check_writable(repeated()); }, "check_writable" + repeats},
      {[] { repeated().copy_from(floats(3)); }, "copy_from" + repeats},
      {[] { repeated() += 1; }, "operator+=" + repeats},
      {[] { repeated() -= 1; }, "operator-=" + repeats},
      {[] { repeated() *= 2; }, "operator*=" + repeats},
      {[] { repeated() /= 2; }, "operator/=" + repeats},
      {[] { floats(2, 3).copy_from(floats(3, 2)); }, "copy_from" + shapes},
      {[] { floats(2, 3) += floats(3, 2); }, "operator+=" + shapes},
      {[] { floats(2, 3) -= floats(3, 2); }, "operator-=" + shapes},
      {[] { floats(2, 3) *= floats(3, 2); }, "operator*=" + shapes},
      {[] { floats(2, 3) /= floats(3, 2); }, "operator/=" + shapes},
      {[] { floats(3) += floats(2, 3); }, "operator+=: shape [2, 3] does not broadcast to [3]"},
      {[] { floats(3).copy_from(floats(1, 3)); },
       "copy_from: shape [1, 3] does not broadcast to [3]"},
      {[] { floats(2) += integers(2); }, "operator+=" + dtypes},
      {[] { floats(2) -= integers(2); }, "operator-=" + dtypes},
      {[] { floats(2) *= integers(2); }, "operator*=" + dtypes},
      {[] { floats(2) /= integers(2); }, "operator/=" + dtypes},
      {[] { integers(2) += 0.5; }, "operator+=" + fraction},
      {[] { integers(2) -= 0.5; }, "operator-=" + fraction},
      {[] { integers(2) *= 0.5; }, "operator*=" + fraction},
      {[] { integers(2) /= 0.5; }, "operator/=" + fraction},
      {[] { integers(2) /= 0; }, "operator/=: int64 division by 0"},
  };
}

Rows random_and_runtime() {
  static const auto draw = [](double low, double high) {
    return [=] { rand({2}, DType::float32, low, high); };
  };
  static const auto draw_normal = [](double mean, double stddev) {
    return [=] { randn({2}, DType::float32, mean, stddev); };
  };
  const std::string range = "rand: expected finite low <= high, got low ";
  const std::string normal =
      "randn: expected a finite mean and a finite stddev that is not negative, got mean ";
  const std::string threads = "set_num_threads: expected 1 to 1024 threads, got ";
  return {
      {draw(1, 0), range + "1, high 0"},
      {draw(kNaN, 1), range + "nan, high 1"},
      {draw(0, kNaN), range + "0, high nan"},
      {draw(-kInf, 0), range + "-inf, high 0"},
      {draw(0, 1e39), range + "0, high 1e+39"},
      {[] { rand({2}, DType::float64, -1e308, 1e308); }, range + "-1e+308, high 1e+308"},
      {[] { rand({2}, DType::int64); }, "rand: expected float32 or float64, got int64"},
      {[] { rand({-2}); }, "rand: negative size in shape [-2]"},
      {draw_normal(0, -1), normal + "0, stddev -1"},
      {draw_normal(kNaN, 1), normal + "nan, stddev 1"},
      {draw_normal(0, kNaN), normal + "0, stddev nan"},
      {draw_normal(kInf, 1), normal + "inf, stddev 1"},
      {draw_normal(0, 1e39), normal + "0, stddev 1e+39"},
      {[] { randn({2}, DType::int64); }, "randn: expected float32 or float64, got int64"},
      {[] { randn({-2}); }, "randn: negative size in shape [-2]"},
      {[] { randperm(-1); }, "randperm: negative count -1"},
      {[] { randperm(INT64_MIN); }, "randperm: negative count -9223372036854775808"},
      {[] { Generator().integer(0); }, "integer: bound must be positive, got 0"},
      {[] { Generator().integer(-5); }, "integer: bound must be positive, got -5"},
      {[] { set_num_threads(0); }, threads + "0"},
      {[] { set_num_threads(-1); }, threads + "-1"},
      {[] { set_num_threads(1025); }, threads + "1025"},
      {[] { runtime::parallel_for(3, {}); }, "parallel_for: expected a function, got an empty one"},
      {[] { runtime::parallel_for(-3, [](int64_t) {}); },
       "parallel_for: negative number of blocks -3"},
      {[] {
         Profile profile;
         const Profiling outer(profile), inner(profile);
       },
       "Profiling: this thread is being profiled already"},
  };
}

}  // namespace

Rows tensor_rows() {
  Rows rows;
  for (const auto& make : {makers, not_whole, unknown_dtypes, undefined_tensors, access, views,
                           writes, random_and_runtime})
    append(rows, make());
  return rows;
}

}  // namespace gradian::misuse

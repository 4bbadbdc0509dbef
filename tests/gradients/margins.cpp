// The margins under test and what labels call them.
#include "tests/gradients/margins.h"

namespace gradian::proof {
namespace {

const char* name_of(Overflow overflow) {
  switch (overflow) {
    case Overflow::mirror:
      return "mirror";
    case Overflow::cos_fallback:
      return "cos_fallback";
    case Overflow::easy_margin:
      return "easy_margin";
    case Overflow::none:
      return "none";
  }
  return "?";
}

}  // namespace

std::vector<Margin> margins() {
  std::vector<Margin> all{{1, 0, 0}, {1, 0, 0.35}};
  for (const Overflow overflow :
       {Overflow::mirror, Overflow::cos_fallback, Overflow::easy_margin, Overflow::none})
    for (const Margin& margin : {Margin{1, 0.5, 0}, Margin{1.35, 0, 0}, Margin{4, 0, 0},
                                 Margin{1, 0.3, 0.2}, Margin{0.9, 0.4, 0.15}})
      all.push_back({margin.m1, margin.m2, margin.m3, overflow});
  return all;
}

std::string text_of(const Margin& margin) {
  return text("m ", margin.m1, ' ', margin.m2, ' ', margin.m3, ' ', name_of(margin.overflow));
}

}  // namespace gradian::proof

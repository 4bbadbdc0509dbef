#include "tests/gradients/margins.h"

namespace gradian::proof {

std::vector<Margin> margins() {
  std::vector<Margin> all{{1, 0, 0}, {1, 0, 0.35}};
  for (const MarginOverflow overflow : {MarginOverflow::mirror, MarginOverflow::cos_fallback,
                                        MarginOverflow::easy_margin, MarginOverflow::none})
    for (const Margin& margin : {Margin{1, 0.5, 0}, Margin{1.35, 0, 0}, Margin{4, 0, 0},
                                 Margin{1, 0.3, 0.2}, Margin{0.9, 0.4, 0.15}})
      all.push_back({margin.m1, margin.m2, margin.m3, overflow});
  return all;
}

}  // namespace gradian::proof

// The texts under the scatter plots. Plain text: html.cpp escapes it.
// An objective that is not known gets a text that fits all.
#include "examples/report/plots.h"

#include "examples/program/text.h"

namespace gradian::examples {

std::string reading_guide(const std::string& objective) {
  const std::string name = lowercase(objective);
  const auto has = [&](const char* word) { return name.find(word) != std::string::npos; };

  if (has("arc") && has("center"))
    return "ArcFace asks for a direction and the center term for a length as well: look for fans "
           "that have become short, each gathered around its numbered marker. Where a marker lies "
           "beside its ray, the two terms pull at the class in different ways.";
  if (has("arc"))
    return "Only the angle to the rays enters this loss, so look at how narrow the fan of a class "
           "is, and not at how far out its points lie. The margin asks for a gap on both sides of "
           "a fan: look for empty wedges between neighbours, and for points that stray into them.";
  if (has("cos"))
    return "As with ArcFace only the angle counts: look for narrow fans along the rays, with empty "
           "wedges between them. Here the margin is a step in the cosine, which is a wide angle "
           "close to a ray and a narrower one further off, so compare the wedges with ArcFace's.";
  if (has("center") || has("centre"))
    return "The center term charges the squared distance of each point from a learnt centre of its "
           "class, which follows the mean: look for compact blobs around the numbered markers "
           "instead of long spokes. Blobs that crowd around the origin, or spokes that are still "
           "there, say that its weight is too large or too small.";
  if (has("softmax"))
    return "Softmax only asks that the classes can be told apart by the weights: look for spokes "
           "that leave the origin, one a class, wide and long. Nothing draws a class together, so "
           "a point far out may be nearer to the next spoke than to the middle of its own.";
  return "Look for classes that form groups of their own, and at the groups that touch: there the "
         "classifier errs. A marker on its ray means that the weight of the class points to where "
         "its features lie.";
}

}  // namespace gradian::examples

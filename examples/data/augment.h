// Images drawn anew for each step of a training: a random pose, stroke thickness, blur, contrast
// and noise. Serves drawings of characters (glyphs.h) and photos (image_folder.h) alike.
#pragma once

#include <cstdint>

#include "tensor/tensor.h"

namespace gradian::examples {

// How strong each change is at most, none at first; a change is drawn evenly from there to its
// opposite, unless said otherwise. Lengths are parts of the image's side.
struct AugmentOptions {
  double rotation = 0;    // radians
  double scale = 0;       // log of the factor
  double stretch = 0;     // log of the factor of the width, the inverse of the height's
  double shear = 0;       // shift to the side per height
  double shift = 0;       // to the side, and downwards
  bool flip = false;      // exchanges left and right, every other time
  bool ink = false;       // the image is a surface to be cut into strokes, black around it
  double thickness = 0;   // of strokes: how far from 1/2 the surface is cut
  double blur = 0;        // standard deviation in pixels, drawn from 0 on
  double contrast = 0;    // log of the factor of differences from grey
  double brightness = 0;  // black to white is 1
  double noise = 0;       // standard deviation, drawn from 0 on
};

AugmentOptions operator*(double strength, AugmentOptions options);

// What suits characters, and photos such as faces. {.ink = true} is a character as it was drawn.
extern const AugmentOptions kGlyphAugmentation, kPhotoAugmentation;

// Images [B, C, H, W] of normalised pixels, as in a Dataset, each changed in its own way: image i
// by random numbers that depend on (seed, step, i) alone, so that a training can go on at any step.
// Around a photo its edge goes on.
Tensor augment(const Tensor& images, const AugmentOptions& options, uint64_t seed = 0,
               int64_t step = 0);

}  // namespace gradian::examples

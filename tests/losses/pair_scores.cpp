// The similarities of pairs from features, and who is found in a gallery by them.
#include <cmath>

#include "losses/identification.h"
#include "losses/verification.h"
#include "tests/helpers.h"

namespace gradian {
namespace {

using test::check_close, test::check_values, test::doubles, test::error_of, test::identical,
    test::integers;

TEST_CASE("all_pairs: rows i < j in order, with identities, worked by hand") {
  const Tensor x = doubles({3, 4, 0, 2, 6, 8, 0, 0}, {4, 2});
  const Tensor labels = integers({7, -1, 7, 9});
  const PairScores cosine = all_pairs(x, labels);
  check_values(cosine.similarity, {0.8, 1, 0, 0.8, 0, 0});  // zeros have no direction
  check_values(cosine.same, {0, 1, 0, 0, 0, 0});
  check_values(cosine.first, {7, 7, 7, -1, -1, 7});
  check_values(cosine.second, {-1, 7, 9, 7, 9, 9});
  const PairScores euclidean = all_pairs(x, labels, Similarity::euclidean);
  check_values(euclidean.similarity, {-std::sqrt(13), -5, -5, -std::sqrt(72), -2, -10});
  CHECK(identical(euclidean.same, cosine.same));
}

TEST_CASE("all_pairs and given_pairs of the same rows agree, also across blocks of rows") {
  constexpr int64_t n = 260;
  Generator generator(1);
  const Tensor x = randn({n, 5}, DType::float64, 0, 1, generator);
  const Tensor labels = Tensor::arange(n) / 3;
  std::vector<int64_t> left, right;
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = i + 1; j < n; ++j) left.push_back(i), right.push_back(j);
  const auto rows = [&](const std::vector<int64_t>& index) {
    return gather(x, 0, integers(index).unsqueeze(1).expand({-1, 5}));
  };
  const Tensor same = equal(integers(left) / 3, integers(right) / 3);
  for (const Similarity kind : {Similarity::cosine, Similarity::euclidean}) {
    const PairScores all = all_pairs(x, labels, kind);
    const PairScores given = given_pairs(rows(left), rows(right), same, kind);
    check_close(all.similarity, given.similarity);
    CHECK(identical(all.same, same));
    CHECK(identical(all.first, integers(left) / 3));
    CHECK(identical(all.second, integers(right) / 3));
  }
}

TEST_CASE("given_pairs: cosines are those of cosine_similarity, distances those of the rows") {
  const Tensor a = randn({20, 4}, DType::float64), b = randn({20, 4}, DType::float64);
  const Tensor same = Tensor::zeros({20});
  check_close(given_pairs(a, b, same).similarity,
              cosine_similarity(Variable(a), Variable(b)).value());
  check_close(given_pairs(a, b, same, Similarity::euclidean).similarity,
              -norm(Variable(a - b), {1}).value());
}

TEST_CASE("rows that are equal are exactly alike, however long: their pairs tie") {
  const Tensor row = randn({1, 64}, DType::float64), x = concat({row, 1e3 * row + 1, row}, 0);
  const Tensor twins = concat({x, x}, 0), labels = Tensor::arange(6);
  for (const Similarity kind : {Similarity::cosine, Similarity::euclidean})
    for (const double factor : {1e-6, 1.0, 1e6}) {
      const Tensor similarity = all_pairs(factor * twins, labels, kind).similarity;
      const double alike = kind == Similarity::cosine ? 1 : 0;
      for (const int64_t pair : {1, 2, 4, 7, 9, 11, 13}) {
        CAPTURE(pair);
        CHECK(similarity.at({pair}) == doctest::Approx(alike).epsilon(1e-15));
      }
    }
}

TEST_CASE("float32 features are scored in double") {
  const Tensor x = randn({10, 3}), labels = Tensor::arange(10);
  const PairScores scores = all_pairs(x, labels);
  CHECK(scores.similarity.dtype() == DType::float64);
  CHECK(identical(scores.similarity, all_pairs(x.to(DType::float64), labels).similarity));
}

TEST_CASE("distances that double cannot hold are no zeros: roc_curve names their pair") {
  const Tensor far = doubles({1, 2, 1e200, 3}, {4, 1});
  const PairScores scores = all_pairs(far, integers({0, 0, 1, 1}), Similarity::euclidean);
  CHECK(
      error_of([&] { roc_curve(scores); }).starts_with("roc_curve: the similarity of pair 1 is "));
}

TEST_CASE("one row has no pairs, which roc_curve refuses") {
  const PairScores none = all_pairs(Tensor::ones({1, 3}), integers({0}));
  CHECK(none.similarity.shape() == Shape{0});
  CHECK(error_of([&] { roc_curve(none); }) ==
        "roc_curve: expected pairs of both kinds, got 0 of one identity and 0 of two");
}

// Directions in the plane, in degrees.
Tensor directions(const std::vector<double>& degrees) {
  const Tensor radians = doubles(degrees) * (std::acos(-1.0) / 180);
  return concat({cos(radians).unsqueeze(1), sin(radians).unsqueeze(1)}, 1);
}

TEST_CASE("identification: ranks by the nearest entry of the label, worked by hand") {
  const Tensor gallery = directions({0, 40, 50, 90, 180}), labels = integers({5, 6, 5, 7, 8});
  const Tensor probes = directions({10, 41, 89, 20, 100}), wanted = integers({5, 6, 5, 7, 8});
  const Tensor ranks = identification_ranks(probes, wanted, gallery, labels);
  // 89 degrees has 90 before the 50 of its label; 20 has 0, 40 and 50 before 90; 100 has 90, 50
  // and 40 before 180.
  CHECK(identical(ranks, integers({1, 1, 2, 4, 4})));
  CHECK(identification_rate(ranks) == 0.4);
  CHECK(identification_rate(ranks, 2) == 0.6);
  CHECK(identification_rate(ranks, 5) == 1);
}

TEST_CASE("identification: distractors, whose label no probe has, only take ranks away") {
  const Tensor gallery = directions({0, 60}), probe = directions({20}), one = integers({1});
  CHECK(identical(identification_ranks(probe, one, gallery, integers({1, 2})), integers({1})));
  const Tensor more = concat({gallery, directions({15, 25, 41})}, 0);
  const Tensor ranks = identification_ranks(probe, one, more, integers({1, 2, 90, 91, 92}));
  CHECK(identical(ranks, integers({3})));
}

TEST_CASE("identification: ties count against the probe, twins of its own label do not") {
  const Tensor x = doubles({3, 4}, {1, 2});
  const Tensor three = concat({x, x, x}, 0), one = integers({1});
  CHECK(identical(identification_ranks(x, one, three, integers({1, 2, 3})), integers({3})));
  CHECK(identical(identification_ranks(x, one, three, integers({1, 1, 1})), integers({1})));
}

TEST_CASE("identification: large labels are told apart and named in full") {
  const int64_t large = (int64_t{1} << 60) + 1;
  const Tensor x = directions({0}), y = directions({1, 0});
  CHECK(identical(identification_ranks(x, integers({large}), y, integers({large, large - 1})),
                  integers({2})));
  CHECK(error_of([&] {
          identification_ranks(x, integers({large}), y, integers({large - 1, large + 1}));
        }) ==
        "identification_ranks: probe 0 has the label 1152921504606846977, which no entry of "
        "the gallery has");
}

}  // namespace
}  // namespace gradian

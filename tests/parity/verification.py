"""Cases for losses/verification.h and losses/identification.h, against scikit-learn: the whole
curves, without its dropping of points, the areas, similarities, and who is found in a gallery."""
import numpy as np
import scipy.optimize
import sklearn
import sklearn.metrics
from sklearn.metrics import pairwise

from fixture import generator, single

PACKAGES = (sklearn,)


def write(f):
    def drawn(name, positives, negatives, decimals):
        rng = generator(name)
        similarity = np.concatenate([rng.normal(1, 1, positives), rng.normal(0, 1, negatives)])
        same = np.repeat([1, 0], [positives, negatives])
        order = rng.permutation(positives + negatives)
        curve(f, name, np.round(similarity, decimals)[order], same[order])

    drawn("roc.plain", 40, 60, 12)
    drawn("roc.ties", 60, 90, 1)
    drawn("roc.few_values", 60, 90, 0)
    drawn("roc.rare", 5, 300, 2)
    curve(f, "roc.perfect", np.array([3.0, 2, 1, 0]), np.array([1, 1, 0, 0]))
    curve(f, "roc.inverted", np.array([3.0, 2, 1, 0]), np.array([0, 0, 0, 1]))
    curve(f, "roc.one_value", np.ones(5), np.array([1, 0, 1, 0, 0]))
    pairs(f)
    gallery(f)


def curve(f, name, similarity, same):
    far, tar, thresholds = sklearn.metrics.roc_curve(same, similarity, drop_intermediate=False)
    # Where the curve, joined by straight lines, meets the diagonal.
    eer = scipy.optimize.brentq(lambda x: 1 - x - np.interp(x, far, tar), 0, 1, xtol=1e-15)
    f.add(name, similarity=similarity, same=same, far=far, tar=tar, thresholds=thresholds,
          auc=np.array(sklearn.metrics.roc_auc_score(same, similarity)), eer=np.array(eer))


def pairs(f):
    rng = generator("pairs")
    features, labels = single(rng.normal(size=(12, 5))), rng.integers(0, 4, 12)
    above = np.triu_indices(12, 1)
    f.add("pairs", features=features, labels=labels,
          cosine=pairwise.cosine_similarity(features)[above],
          euclidean=-pairwise.euclidean_distances(features)[above])


def gallery(f):
    rng = generator("gallery")
    entries, probes = single(rng.normal(size=(20, 4))), rng.integers(0, 15, 50)
    features = single(entries[probes] + 0.8 * rng.normal(size=(50, 4)))
    scores = pairwise.cosine_similarity(features, entries)  # entries 15 to 19 are distractors
    rates = [sklearn.metrics.top_k_accuracy_score(probes, scores, k=k, labels=np.arange(20))
             for k in range(1, 20)]
    f.add("gallery", entries=entries, features=features, labels=probes, rates=np.array(rates))

"""Cases for the functions and modules of losses/, against PyTorch, pytorch-metric-learning (PML)
and, where neither has the loss, its formula written out here."""
import math

import torch
import torch.nn.functional as F
from pytorch_metric_learning import losses as pml

from fixture import constant, generator, index, real, values

INF = math.inf
REDUCTIONS = ("none", "mean", "sum")
MARGIN = 0.5  # radians; PML takes degrees


def write(f):
    classification(f)
    regression(f)
    embeddings(f)
    margins(f)
    center(f)
    differences(f)


def classification(f):
    logits, labels = real(5, 4), index(4, 5)
    weight = constant(real(4, low=0.5))
    ignored = values([2, -100, 0, 3, -100])
    for reduction in REDUCTIONS:
        f.case(f"cross_entropy.{reduction}",
               lambda x, t: F.cross_entropy(x, t, reduction=reduction), logits, labels)
        f.case(f"cross_entropy.everything_{reduction}",
               lambda x, t, w: F.cross_entropy(x, t, w, reduction=reduction, label_smoothing=0.2),
               logits, ignored, weight)
        f.case(f"nll_loss.weighted_{reduction}",
               lambda x, t, w: F.nll_loss(x, t, w, reduction=reduction), logits, ignored, weight)
    f.case("cross_entropy.weighted", F.cross_entropy, logits, labels, weight)
    f.case("cross_entropy.smoothed",
           lambda x, t: F.cross_entropy(x, t, label_smoothing=0.1), logits, labels)
    f.case("cross_entropy.ignored", F.cross_entropy, logits, ignored)
    f.case("cross_entropy.ignored_class",
           lambda x, t: F.cross_entropy(x, t, ignore_index=2), logits, values([2, 1, 0, 2, 3]))
    f.case("cross_entropy.everything_ignored", F.cross_entropy, logits, values([-100] * 5))
    f.case("cross_entropy.far", F.cross_entropy, values([[1000.0, 0, 999], [-900, 0, 900]]),
           values([2, 0]))
    masked = values([[-INF, 0, 1], [2, -1, 0.5]])
    f.case("cross_entropy.ignored_infinite", F.cross_entropy, masked, values([-100, 1]))
    f.case("cross_entropy.ignored_infinite_smoothed",
           lambda x, t: F.cross_entropy(x, t, label_smoothing=0.1), masked, values([-100, 1]))
    f.case("nll_loss.ignored_infinite", F.nll_loss, masked, values([-100, 1]))
    f.case("nll_loss.plain", F.nll_loss, logits, labels)


def regression(f):
    x, t = real(3, 4), real(3, 4)
    for reduction in REDUCTIONS:
        for name, loss in [("mse_loss", F.mse_loss), ("l1_loss", F.l1_loss),
                           ("smooth_l1_loss", F.smooth_l1_loss)]:
            f.case(f"{name}.{reduction}", lambda x, t: loss(x, t, reduction=reduction), x, t)
        f.case(f"binary_cross_entropy_with_logits.everything_{reduction}",
               lambda x, t, w, p: F.binary_cross_entropy_with_logits(x, t, w, None, None, reduction,
                                                                     p),
               x, real(3, 4, low=0, high=1), constant(real(3, 1, low=0.5)),
               constant(real(4, low=0.5)))
    f.case("l1_loss.equal", F.l1_loss, values([1.0, 2]), values([1.0, 3]))
    f.case("smooth_l1_loss.narrow", lambda x, t: F.smooth_l1_loss(x, t, beta=0.25), x, t)
    f.case("smooth_l1_loss.beta_0", lambda x, t: F.smooth_l1_loss(x, t, beta=0.0), x, t)
    f.case("binary_cross_entropy_with_logits.far", F.binary_cross_entropy_with_logits,
           values([-800.0, 800, 800, -800]), values([0.0, 1, 0, 1]))


def embeddings(f):
    a, b, c = real(6, 3), real(6, 3), real(6, 3)
    for reduction in REDUCTIONS:
        f.case(f"triplet_margin_loss.{reduction}",
               lambda *x: F.triplet_margin_loss(*x, reduction=reduction), a, b, c)
    f.case("triplet_margin_loss.margin_eps",
           lambda *x: F.triplet_margin_loss(*x, margin=0.3, eps=0.01), a, b, c)

    def contrastive(x1, x2, same, margin):
        d = torch.linalg.vector_norm(x1 - x2, dim=1)
        return torch.where(same == 1, d**2, F.relu(margin - d)**2).mean() / 2
    f.case("contrastive_loss.plain", lambda x, y, t: contrastive(x, y, t, 1.0), a, real(6, 3),
           values([1, 0, 0, 1, 0, 0]))
    f.case("contrastive_loss.margin", lambda x, y, t: contrastive(x, y, t, 4.0), a, b,
           values([1, 0, 0, 1, 0, 0]))


# Four classes in the plane. The first two features point away from their class, so that their
# angle exceeds pi - MARGIN; the fourth is 90 degrees from its own.
FEATURES = values([[-2.0, 0.25], [0.125, -1.5], [0.5, 0.75], [0.0, 3], [-1, -1.25]])
WEIGHT = values([[1.0, 0.0], [0.25, 2], [-1.5, 0.5], [-0.5, -1]])
LABELS = values([0, 1, 1, 0, 3])


def metric_learning(kind, margin, scale):
    """PML's loss as a function of features, labels and weight [classes, size]."""
    def loss(x, labels, weight):
        module = kind(weight.shape[0], weight.shape[1], margin=margin, scale=scale)
        del module.W
        module.W = weight.T
        return module(x, labels)
    return loss


def generalized(cosine, m1, m2, m3):
    """(-1)^k cos(m1 theta + m2) - 2k - m3: SphereFace Eq. 7 with the addends of ArcFace Eq. 4."""
    angle = m1 * torch.acos(cosine) + m2
    k = torch.floor(angle / math.pi).detach()
    return (-1)**k * torch.cos(angle) - 2 * k - m3


def sub_center(x, labels, weight, sub_centers=3):
    loss = pml.SubCenterArcFaceLoss(num_classes=len(weight) // sub_centers,
                                    embedding_size=weight.shape[1], sub_centers=sub_centers,
                                    margin=math.degrees(MARGIN), scale=8)
    del loss.W
    loss.W = weight.T
    return loss(x, labels)


def ada_face(x, labels, weight, s=8.0, m=0.4, h=1.0):
    """The formulas of the paper's section 3.3, the statistics those of the batch."""
    length = torch.linalg.vector_norm(x, dim=1).detach()
    z = torch.clip((length - length.mean()) / ((length.std() + 1e-3) / h), -1, 1)
    cosine = F.linear(F.normalize(x), F.normalize(weight))
    own = cosine.gather(1, labels[:, None]).squeeze(1)
    target = torch.cos(torch.clip(torch.acos(own) - m * z, 0, math.pi)) - (m * z + m)
    return F.cross_entropy(s * cosine.scatter(1, labels[:, None], target[:, None]), labels)


def margins(f):
    degrees = math.degrees(MARGIN)
    space, directions, labels = real(6, 5), real(4, 5), index(4, 6)
    arcface = metric_learning(pml.ArcFaceLoss, degrees, 8)
    f.case("arcface.space", arcface, space, labels, directions)
    f.case("arcface.plane_fallback", arcface, FEATURES, LABELS, WEIGHT)
    f.case("arcface.large_scale", metric_learning(pml.ArcFaceLoss, degrees, 64), space, labels,
           directions)
    f.case("cosface.space", metric_learning(pml.CosFaceLoss, 0.35, 64), space, labels, directions)
    f.case("cosface.plane", metric_learning(pml.CosFaceLoss, 0.2, 8), FEATURES, LABELS, WEIGHT)

    def note_arcface(x, labels, weight, s=30.0, m=0.5):
        cosine = F.linear(F.normalize(x), F.normalize(weight))
        return F.cross_entropy(s * (cosine - m * F.one_hot(labels, len(weight))), labels)
    f.case("note_arcface.space", note_arcface, space, labels, directions)
    f.case("note_arcface.plane", note_arcface, FEATURES, LABELS, WEIGHT)

    f.case("sub_center.space", sub_center, space, labels, real(12, 5))
    f.case("ada_face.space", ada_face, space, labels, directions)
    f.case("ada_face.plane", lambda *x: ada_face(*x, h=0.333), FEATURES, LABELS, WEIGHT)

    cosine = real(12, low=-0.99, high=0.99)
    sphereface = pml.LargeMarginSoftmaxLoss(2, 2, margin=4)
    f.case("apply_margin.sphereface", sphereface.modify_cosine_of_target_classes, cosine)
    f.case("apply_margin.mirror", lambda c: generalized(c, 1, 0.5, 0), cosine)
    f.case("apply_margin.combined", lambda c: generalized(c, 1.5, 0.5, 0.25), cosine)
    f.case("apply_margin.cos_fallback",
           pml.ArcFaceLoss(2, 2, margin=degrees).modify_cosine_of_target_classes, cosine)
    f.case("apply_margin.easy_margin",
           lambda c: torch.where(c > 0, torch.cos(torch.acos(c) + 0.5), c), cosine)
    f.case("apply_margin.none", lambda c: torch.cos(torch.acos(c) + 0.5), cosine)


def center(f):
    def note_center(x, labels, centers, weight=1.0):
        return weight * torch.sum((x - centers[labels])**2, dim=1).mean()
    x, centers = real(6, 3), real(5, 3)
    labels = values([1, 4, 1, 0, 1, 4])  # repeated, and 2 and 3 are absent
    f.case("center_loss.plain", note_center, x, labels, centers)
    f.case("center_loss.weighted", lambda *a: note_center(*a, weight=0.25), x, labels, centers)
    paper_center(f, "center_loss.paper", x, labels, centers, weight=0.25)


def paper_center(f, name, *inputs, weight):
    """Eq. 2 as a mean, its gradient for x, and Eq. 4's delta c_j in place of the centres' one."""
    rng = generator(name)
    x, labels, centers = (torch.from_numpy(spec.draw(rng)) for spec in inputs)
    difference = x - centers[labels]
    moves = torch.zeros_like(centers).index_add(0, labels, -difference)
    count = torch.bincount(labels, minlength=len(centers))
    f.add(name, in0=x, in1=labels, in2=centers, cotangent=torch.tensor(1.0),
          out=weight * torch.sum(difference**2, dim=1).mean() / 2,
          grad0=weight * difference / len(x), grad2=moves / (1 + count[:, None]))


def differences(f):
    """Points where Gradian decides otherwise on purpose; the test states both values."""
    arcface = pml.ArcFaceLoss(2, 2, margin=math.degrees(MARGIN))
    for name, cosine in [("beyond_pi", -0.9921875), ("one", 1.0)]:
        f.case(f"apply_margin.{name}", arcface.modify_cosine_of_target_classes, values([cosine]),
               cotangent=[1.0])

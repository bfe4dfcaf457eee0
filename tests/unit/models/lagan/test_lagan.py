"""LAGAN: the authors' network, its steps, its samples; interrupted training ends the same."""

import itertools
import math

import h5py
import pytest
import torch
import typed_models
from torch.nn import functional as F

from darkpixel.config.training import Training
from darkpixel.errors import DarkpixelError
from darkpixel.models.build import build_model
from darkpixel.models.folder import load_generator
from darkpixel.models.lagan.model import LAGAN, flipped
from darkpixel.training.loop import train

KINDS = ("real", "generated")
SMALL = {"generator_filters": 4, "discriminator_filters": 4, "latent": 10}


def build(side=12, seed=1, **settings) -> LAGAN:
    return typed_models.build(LAGAN, {"model": "lagan", **SMALL, **settings}, (side, side), seed)


def images(count=20, side=12, seed=0):
    """Sparse images of two classes, of which the second is brighter; the first image is blank."""
    random = torch.Generator().manual_seed(seed)
    lit = torch.rand((count, side, side), generator=random) < 0.2
    values = 5 + torch.rand((count, side, side), generator=random)
    classes = torch.arange(count) % 2
    made = lit * values * (1 + 9 * classes)[:, None, None]
    made[0] = 0
    return made, classes.to(torch.uint8)


def parameters(network):
    return sum(p.numel() for p in network.parameters())


def sampled(model, n=8, seed=3):
    return model.sample(n, generator=torch.Generator().manual_seed(seed))


def test_parameters_are_the_authors_at_their_size():
    model = build_model({"model": "lagan"}, (25, 25))
    assert parameters(model.generator) == 3_586_932  # 3.587M
    assert parameters(model.discriminator) == 1_398_986  # 1.399M
    assert model.parameter_counts()["dense"] == 4_985_918  # 4.986M; SARM table 6: 5M


@pytest.mark.parametrize("size", [(12, 12), (25, 25), (28, 28), (32, 32), (13, 22)])
def test_any_size_from_twelve(size):
    model = build_model({"model": "lagan", **SMALL}, size, seed=1)
    assert sampled(model, 3).shape == (3, *size)
    blank, classes = torch.zeros(4, *size), torch.tensor([0, 1, 0, 1])
    for phase in model.phases:
        loss = model.loss(blank, phase, **{"class": classes})
        assert loss.isfinite()
        loss.backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
    with pytest.raises(DarkpixelError, match="12x12 at least"):
        build_model({"model": "lagan"}, (11, size[1]))


def test_a_phase_moves_its_own_network():
    model = build()
    shown, classes = images()
    for phase in model.phases:
        network = phase.partition(":")[0]
        other = {"generator": "discriminator", "discriminator": "generator"}[network]
        model.zero_grad(set_to_none=True)
        model.loss(shown, phase, **{"class": classes}).backward()
        assert all(p.grad is not None for p in getattr(model, network).parameters())
        assert all(p.grad is None for p in getattr(model, other).parameters())
        own = set(map(id, model.phase_parameters(network)))
        assert own == set(map(id, getattr(model, network).parameters()))
    assert all(p.requires_grad for p in model.parameters())


def test_unknown_phases_are_refused():
    shown, classes = images()
    with pytest.raises(ValueError, match="discriminator:real, discriminator:generated, generator"):
        build().loss(shown, "discriminator", **{"class": classes})


def test_discriminator_sees_real_then_generated_images_apart():
    model = build(label_flips=0.0)
    shown, classes = images()
    seen, modes = [], []
    model.discriminator.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    model.generator.register_forward_pre_hook(lambda net, _: modes.append(net.training))
    for _ in range(2):
        for phase in model.phases:
            model.loss(shown, phase, **{"class": classes})
    for step in (seen[:4], seen[4:]):
        torch.testing.assert_close(step[0], shown / 100)
        assert all(not torch.equal(made, shown / 100) for made in step[1:])
    # for the discriminator as the samples are made, for the generator's own steps in training
    assert modes == 2 * [False, True, True]
    assert model.generator.training


def test_losses_are_the_cross_entropies_of_their_targets():
    """Targets at their opposite ends, through heads of which only the bias counts."""
    model = build(label_flips=0.0, generator_label_flips=0.0)
    for head, bias in ((model.discriminator.real, 0.7), (model.discriminator.label, -0.4)):
        torch.nn.init.zeros_(head.weight)
        torch.nn.init.constant_(head.bias, bias)
    shown, _ = images()
    ones = {"class": torch.ones(len(shown), dtype=torch.uint8)}
    real, label = torch.tensor(0.7), torch.tensor(-0.4)
    expected = -F.logsigmoid(real) - F.logsigmoid(label)  # for two classes, one sigmoid
    torch.testing.assert_close(model.loss(shown, "discriminator:real", **ones), expected)
    made = model.loss(shown, "discriminator:generated", **ones) + F.logsigmoid(-real)
    tricked = model.loss(shown, "generator", **ones) + F.logsigmoid(real)
    ends = sorted([-F.logsigmoid(label).item(), -F.logsigmoid(-label).item()])
    for mixed in (made, tricked):  # random labels: in between
        assert ends[0] < mixed < ends[1]


def test_labels_of_real_images_are_never_flipped(monkeypatch):
    """All that may be flipped is: the answers to "real or not", and drawn labels."""
    model = build(label_flips=1 - 1e-9)
    for head in (model.discriminator.real, model.discriminator.label):
        torch.nn.init.zeros_(head.weight)
    torch.nn.init.constant_(model.discriminator.real.bias, 0.7)
    torch.nn.init.constant_(model.discriminator.label.bias, 20.0)  # "class 1", and quite sure
    shown, _ = images()

    def ones(images):
        return torch.ones(len(images), dtype=torch.long)

    monkeypatch.setattr(model, "_random_classes", ones)
    labels = {"class": torch.ones(len(shown), dtype=torch.uint8)}
    real, made = (model.loss(shown, f"discriminator:{kind}", **labels) for kind in KINDS)
    torch.testing.assert_close(real, -F.logsigmoid(torch.tensor(-0.7)))  # called generated
    torch.testing.assert_close(made, 20 - F.logsigmoid(torch.tensor(0.7)))  # and the other way


@pytest.mark.parametrize(("share", "classes"), [(0.05, 2), (0.09, 2), (0.3, 4), (0.0, 2)])
def test_flips_have_their_rate_and_never_keep_the_label(share, classes):
    torch.manual_seed(0)
    labels = torch.randint(classes, (40_000,))
    found = flipped(labels, share, classes)
    wrong = (found != labels).float().mean().item()
    assert wrong == pytest.approx(share, abs=4 * math.sqrt(share / 40_000))
    if share:
        moved = torch.bincount((found - labels)[found != labels] % classes, minlength=classes)
        assert (moved[1:] > 0.8 * moved.sum() / (classes - 1)).all()


def test_samples_are_sparse_images_of_the_generator_given():
    model = build().train()
    for phase in 10 * model.phases:
        shown, classes = images()
        model.loss(shown, phase, **{"class": classes})  # running statistics
    before = {k: v.clone() for k, v in model.state_dict().items()}
    made = sampled(model)
    assert model.generator.training
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert made.dtype == torch.float32
    assert not made.requires_grad
    assert (made[made != 0] >= 1e-3).all()
    assert 0 < (made == 0).float().mean() < 1
    assert torch.equal(made, sampled(model))
    assert not torch.equal(made, sampled(model, seed=4))
    coarse = build(threshold=made.max().item() / 2)
    coarse.load_state_dict(model.state_dict())
    expected = torch.where(made > coarse.options.threshold, made, 0)
    torch.testing.assert_close(sampled(coarse), expected)


def test_samples_made_in_pieces_are_those_made_at_once(monkeypatch):
    model = build().eval()
    whole = sampled(model, 10)
    monkeypatch.setattr("darkpixel.models.lagan.model.PIECE", 4)
    torch.testing.assert_close(sampled(model, 10), whole)


def test_a_minibatch_of_copies_looks_like_one():
    """With the other features equal, only the comparison within the batch can tell."""
    model = build(dropout=0.0)
    model.discriminator.eval()
    one = images(2)[0][1:].expand(10, -1, -1) / 100
    with torch.no_grad():
        alone = model.discriminator(one[:1])[0]
        together = model.discriminator(one)[0]
    assert torch.allclose(together, together[0].expand(10), atol=1e-5)
    assert (together[0] - alone).abs() > 1e-3


def test_validation_loss_ranks_samples(monkeypatch):
    model = build().eval()
    shown, classes = images(200)
    model.fit_to_data(lambda: iter([shown[:90], shown[90:]]))
    torch.testing.assert_close(model.spread[0], shown.sum((1, 2)).std(correction=0))

    def score(made):
        """The validation loss of a generator that gives these images, (200, H, W)."""
        pieces = {c: iter(made[classes == c].split(10)) for c in (0, 1)}
        monkeypatch.setattr(
            model.generator, "forward", lambda latent, index: next(pieces[int(index[0])]) / 100
        )
        total = torch.zeros(())
        for k in range(0, 200, 20):
            total += model.validation_loss(shown[k : k + 20], **{"class": classes[k : k + 20]})
        return total.item() / 10

    other, _ = images(200, seed=1)
    perfect = score(other)
    assert abs(perfect) < 0.05
    assert perfect < score(other * 1.2) < score(other * 2)
    assert perfect + 0.1 < score(torch.zeros_like(other))
    swapped = other.reshape(100, 2, 12, 12).flip(1).reshape(200, 12, 12)
    assert perfect + 0.1 < score(swapped)  # images of the other class
    collapsed = other[2:4].repeat(100, 1, 1)
    assert perfect + 0.1 < score(collapsed)


SETTINGS = Training(
    epochs=2, batch_size=20, learning_rate=2e-3, schedule="constant", adam_betas=(0.5, 0.999),
    checkpoint_seconds=0, device="cpu", average=0.9, gradient_clip=None,
)  # fmt: skip


def data(folder, count=60):
    for split, seed in (("train", 1), ("validation", 2)):
        shown, classes = images(count, seed=seed)
        with h5py.File(folder / f"{split}.h5", "w") as file:
            file["images"] = shown.numpy()
            file["class"] = classes.numpy()
    return folder


def trained(folder, model=None, settings=SETTINGS):
    torch.set_num_threads(1)
    model = model or build()
    train(
        model, folder / "train.h5", folder / "validation.h5", settings, seed=3,
        checkpoint_dir=folder / "checkpoints", digest="d", output_dir=folder / "model",
        progress=False,
    )  # fmt: skip
    return model


class Stopped(Exception):
    pass


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = data(tmp_path_factory.mktemp("uninterrupted"))
    trained(folder)
    return folder


@pytest.mark.parametrize("calls", [6, 19])
def test_interrupted_training_gives_the_same_bytes(uninterrupted, tmp_path, monkeypatch, calls):
    data(tmp_path)
    model = build()
    plain, made = model.loss, []

    def loss(*arguments, **columns):
        made.append(arguments[1])
        if len(made) == calls:  # between two phases of a step
            raise Stopped
        return plain(*arguments, **columns)

    monkeypatch.setattr(model, "loss", loss)
    with pytest.raises(Stopped):
        trained(tmp_path, model)
    trained(tmp_path)
    expected = (uninterrupted / "model" / "model.safetensors").read_bytes()
    assert (tmp_path / "model" / "model.safetensors").read_bytes() == expected


@pytest.mark.parametrize("network", ["discriminator", "generator"])
def test_each_network_wins_against_one_that_stands_still(network):
    torch.manual_seed(0)
    model = build(label_flips=0.0, generator_label_flips=0.0, dropout=0.0, scale=10.0)
    shown, classes = images()
    optimiser = torch.optim.Adam(model.phase_parameters(network), 3e-3)
    losses = []
    phases = [phase for phase in model.phases if phase.startswith(network)]
    for _, phase in zip(range(60), itertools.cycle(phases), strict=False):
        optimiser.zero_grad()
        loss = model.loss(shown, phase, **{"class": classes})
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert sum(losses[-6:]) < 0.7 * sum(losses[:6])


def test_classes_are_asked_for_image_by_image(uninterrupted):
    """An image of a class is the same whether all are of that class, or it alone."""
    model = load_generator(uninterrupted / "model")

    def draw(conditions):
        generator = torch.Generator().manual_seed(4)
        return model.sample_events(8, generator=generator, conditions=conditions)

    classes = torch.tensor([0, 1, 1, 0, 1, 0, 0, 1])
    images, columns = draw({"class": classes})
    assert columns["class"].tolist() == classes.tolist()
    for index in (0, 1):
        whole, _ = draw({"class": torch.tensor(index)})
        torch.testing.assert_close(images[classes == index], whole[classes == index])
    with pytest.raises(DarkpixelError, match="condition 'class': 2 is not among 0, 1"):
        draw({"class": torch.tensor(2)})


def test_the_class_chosen_is_the_class_drawn(uninterrupted):
    model = load_generator(uninterrupted / "model")
    mixed, drawn = sampled(model), []
    for index in (0, 1):
        model.choose_class(index)
        drawn.append(sampled(model))
    differs = [(mixed != made).flatten(1).any(1) for made in drawn]
    assert not torch.equal(*drawn)
    assert torch.equal(differs[0], ~differs[1])  # without a choice each image is of either class
    assert differs[0].any()
    assert differs[1].any()
    with pytest.raises(DarkpixelError, match="no class 2"):
        model.choose_class(2)

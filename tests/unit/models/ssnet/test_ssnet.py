"""SSNet: loss, augmentation, normalisation, weights from a file; it learns lines from blobs."""

import itertools

import pytest
import safetensors.torch
import torch
from segmentation_toys import IMAGES, lines_and_blobs, write_toys
from torch.nn import functional as F
from typed_models import load

from darkpixel.config.training import Training
from darkpixel.errors import DarkpixelError
from darkpixel.models.build import build_model
from darkpixel.models.folder import load_config
from darkpixel.models.ssnet.model import SSNet, augmented, import_weights, pixel_labels
from darkpixel.training.loop import train
from darkpixel.training.monitors.segmentation import ssnet_monitor

SETTINGS = {"model": "ssnet", "filters": 4, "depth": 2}


def build(**settings):
    return build_model({**SETTINGS, **settings}, (16, 16), seed=1)


def toys(count=6, seed=0):
    images, labels = lines_and_blobs(count, seed)
    return torch.from_numpy(images), torch.from_numpy(labels)


def test_loss_is_the_weighted_cross_entropy_of_non_zero_pixels():
    model = build().eval()
    images, labels = toys()
    lit = images > 0
    logits = model.logits(images).permute(0, 2, 3, 1)[lit]
    share = torch.bincount(labels[lit].long(), minlength=3) / lit.sum()
    each = F.cross_entropy(logits, labels[lit].long(), reduction="none")
    expected = (each * (1 - share)[labels[lit].long()]).mean()
    torch.testing.assert_close(model.loss(images, pixel_labels=labels), expected)


def test_labels_where_there_is_no_charge_do_not_matter():
    model = build().eval()
    images, labels = toys()
    loss = model.loss(images, pixel_labels=labels)
    other = torch.where(images > 0, labels, torch.randint_like(labels, 3))
    assert model.loss(images, pixel_labels=other) == loss
    flipped = torch.where(labels > 0, 3 - labels, labels)
    assert model.loss(images, pixel_labels=flipped) != loss


def test_blank_images_have_no_loss():
    model = build()
    blank = torch.zeros(2, 16, 16)
    loss = model.loss(blank, pixel_labels=blank.byte())
    loss.backward()
    assert loss == 0


def test_largest_pixel_becomes_ten_and_blank_images_stay_blank():
    images = torch.stack([torch.zeros(4, 4), torch.eye(4), 1000 * torch.eye(4)])
    scaled = build(normalise="maximum").scaled(images)
    assert scaled.amax((1, 2)).tolist() == [0, 10, 10]
    assert torch.equal(build().scaled(images), images)
    model = build(normalise="maximum").eval()
    image, _ = toys(1)
    torch.testing.assert_close(model.scores(image), model.scores(37 * image))


def test_augmentation_makes_all_eight_orientations_of_image_and_label_together():
    image = torch.arange(1.0, 10).reshape(3, 3)
    labels = image.remainder(3)
    torch.manual_seed(0)
    many, same = augmented(image.expand(400, 3, 3), labels.expand(400, 3, 3))
    scale = many.sum((1, 2)) / image.sum()
    assert 0.9 <= scale.min() < 0.91
    assert 1.09 < scale.max() <= 1.1
    restored = (many / scale.view(-1, 1, 1)).round()
    assert torch.equal(restored.remainder(3), same)
    found = {tuple(turned.flatten().tolist()) for turned in restored}
    orientations = itertools.product((False, True), repeat=3)
    expected = set()
    for transpose, up, left in orientations:
        turned = image.T if transpose else image
        turned = turned.flip(0) if up else turned
        expected.add(tuple((turned.flip(1) if left else turned).flatten().tolist()))
    assert found == expected


def test_images_that_are_not_square_are_not_transposed():
    images, labels = augmented(torch.rand(5, 3, 4), torch.ones(5, 3, 4))
    assert images.shape == labels.shape == (5, 3, 4)


def test_augmentation_in_training_only_and_after_the_normalisation():
    model = build(normalise="maximum")
    seen = []
    model.network.first.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    images, labels = toys(40)
    with torch.no_grad():
        model.train().loss(images, pixel_labels=labels)
        model.eval().loss(images, pixel_labels=labels)
    largest = seen[0].amax((1, 2, 3))
    assert 9 <= largest.min() < 9.5  # scaled after the largest pixel became 10
    assert 10.5 < largest.max() <= 11
    assert torch.equal(seen[1][:, 0], model.scaled(images))


def test_noise_comes_from_the_global_generator():
    model = build().train()
    images, labels = toys()
    losses = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        losses.append(model.loss(images, pixel_labels=labels).item())
    assert losses[0] == losses[1] != losses[2]


def test_labels_are_the_larger_of_shower_and_track_where_there_is_charge():
    scores = torch.tensor([[0.9, 0.06, 0.04], [0.2, 0.3, 0.5], [0.0, 0.9, 0.1]]).T.view(1, 3, 1, 3)
    assert pixel_labels(scores, torch.tensor([[[True, True, False]]])).tolist() == [[[1, 2, 0]]]


def test_scores_are_probabilities_for_images_of_any_size():
    scores = build().eval().scores(torch.rand(2, 13, 30))
    assert scores.shape == (2, 3, 13, 30)
    torch.testing.assert_close(scores.sum(1), torch.ones(2, 13, 30))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of an SSNet trained on 200 toys."""
    folder = tmp_path_factory.mktemp("ssnet")
    write_toys(folder / "train.h5", 200, seed=1)
    write_toys(folder / "validation.h5", 60, seed=2)
    torch.set_num_threads(1)
    model = build()
    train(
        model,
        folder / "train.h5",
        folder / "validation.h5",
        Training(epochs=3, batch_size=10, learning_rate=1e-2, schedule="cosine", device="cpu"),
        seed=1,
        checkpoint_dir=folder / "checkpoints",
        digest="0",
        output_dir=folder / "model",
        monitor=ssnet_monitor(folder / "train.h5", folder / "validation.h5", 60),
        provenance={"images": IMAGES},
    )
    return folder / "model"


def test_it_learns_to_tell_lines_from_blobs(trained):
    model = load(SSNet, trained)
    images, labels = toys(100, seed=3)
    with torch.no_grad():
        found = pixel_labels(model.scores(images), images > 0)
    lit = images > 0
    assert (found == labels)[lit].float().mean() > 0.9
    majority = torch.bincount(labels[lit].long()).max() / lit.sum()
    assert majority < 0.6


def test_accuracies_are_in_the_history(trained):
    rows = (trained / "history.csv").read_text().splitlines()
    names, last = rows[0].split(","), rows[-1].split(",")
    accuracies = {name: float(last[names.index(name)]) for name in names if "accuracy" in name}
    assert accuracies.keys() == {"train_accuracy", "validation_accuracy", "validation_accuracy_all"}
    assert 0.9 < accuracies["validation_accuracy"] < accuracies["validation_accuracy_all"] < 1


def test_weights_from_a_file_make_the_same_model(trained, tmp_path):
    import_weights(
        trained / "model.safetensors", SETTINGS, tmp_path / "taken", image_size=(16, 16),
        images=IMAGES,
    )  # fmt: skip
    images, _ = toys()
    assert torch.equal(
        load(SSNet, tmp_path / "taken").scores(images), load(SSNet, trained).scores(images)
    )
    assert load_config(tmp_path / "taken")["images"] == IMAGES


@pytest.mark.parametrize(
    ("settings", "tensors", "expected"),
    [
        ({"filters": 5}, None, "weights do not fit the settings: size mismatch"),
        ({}, {"first.weight": torch.zeros(2)}, "weights do not fit the settings: Missing key"),
        ({}, b"PK\3\4 a pickle", "not a safetensors file"),
        ({}, "", "no such file of weights"),
    ],
)
def test_weights_that_do_not_fit_are_one_line(trained, tmp_path, settings, tensors, expected):
    path = tmp_path / "weights.safetensors"
    if tensors is None:
        path.write_bytes((trained / "model.safetensors").read_bytes())
    elif isinstance(tensors, dict):
        safetensors.torch.save_file(tensors, path)
    elif tensors:
        path.write_bytes(tensors)
    with pytest.raises(DarkpixelError, match=expected) as error:
        import_weights(
            path, {**SETTINGS, **settings}, tmp_path / "taken", image_size=(16, 16), images=IMAGES
        )
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)
    assert not (tmp_path / "taken").exists()

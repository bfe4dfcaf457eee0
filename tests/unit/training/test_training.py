"""The training loop: what it minimises, keeps, guards and writes."""

import logging

import h5py
import numpy as np
import pandas as pd
import pydantic
import pytest
import safetensors.torch
import torch
import yaml
from torch import nn
from toy_training import QUICK, SIDE, ToyModel, changed, train_toy, write_toy_images

from darkpixel.errors import DarkpixelError
from darkpixel.training.history import TIMING_COLUMNS


@pytest.fixture
def folder(tmp_path):
    write_toy_images(tmp_path / "train.h5", 100, seed=1, species=np.arange(100) % 3)
    write_toy_images(tmp_path / "validation.h5", 40, seed=2, species=np.arange(40) % 3)
    return tmp_path


def history(folder):
    return pd.read_csv(folder / "model" / "history.csv")


def weights(folder, name="model"):
    return safetensors.torch.load_file(folder / "model" / f"{name}.safetensors")


class MeanModel(ToyModel):
    """A unit normal density of each pixel: its best mean is the mean image."""

    def __init__(self):
        super().__init__()
        for name in ("hidden", "norm", "dropout", "out"):
            delattr(self, name)
        self.mean = nn.Parameter(torch.zeros(SIDE, SIDE))

    def loss(self, images, phase="model", **columns):
        return 0.5 * ((images - self.mean) ** 2).sum((1, 2)).mean()


class BrokenModel(MeanModel):
    """Its loss, or the gradient of it, is not finite from a given step on."""

    def __init__(self, step, gradient=False):
        super().__init__()
        self.left, self.gradient = step, gradient

    def loss(self, images, phase="model", **columns):
        if self.training:
            self.left -= 1
        loss = super().loss(images)
        if self.left >= 0:
            return loss
        # The square root of zero is zero and has no finite slope.
        return loss + (0 * self.mean.sum()).abs().sqrt() if self.gradient else loss * torch.nan


class TwoPhases(MeanModel):
    """Two players who move one parameter each; the second moves twice a batch, in two ways."""

    phases = ("first", "second:a", "second:b")

    def __init__(self):
        super().__init__()
        self.other = nn.Parameter(torch.zeros(()))
        self.asked, self.moments = [], []

    def phase_parameters(self, phase):
        return [{"first": self.mean, "second": self.other}[phase]]

    def loss(self, images, phase="second:b", **columns):
        self.asked.append((phase, self.training, sorted(columns)))
        if self.training:
            now = self.mean.detach().clone(), self.other.detach().clone()
            if self.moments:  # what has moved since the last phase?
                before, last = self.moments[-1]
                moved = tuple(not torch.equal(a, b) for a, b in zip(now, before, strict=True))
                assert moved == ((True, False) if last == "first" else (False, True))
            self.moments.append((now, phase))
        return ((images - self.mean - self.other) ** 2).mean()


class Watcher(MeanModel):
    """Keeps what it is shown, in training and in validation."""

    columns = ("species",)

    def __init__(self):
        super().__init__()
        self.order = []
        self.shown: dict[bool, list[torch.Tensor]] = {True: [], False: []}

    def fit_to_columns(self, columns):
        self.order.append(("columns", {name: values.tolist() for name, values in columns.items()}))

    def fit_to_data(self, batches, validation=None):
        self.order.append(("images", sum(map(len, batches()))))

    def loss(self, images, phase="model", **columns):
        self.shown[self.training].append(images.clone())
        return super().loss(images)


def test_whole_columns_come_before_the_images(folder):
    model = Watcher()
    train_toy(folder, changed(epochs=1), model)
    expected = {"species": (np.arange(100) % 3).tolist()}
    assert model.order == [("columns", expected), ("images", 100)]


def test_training_images_are_turned_and_those_of_validation_are_not(folder):
    def shown(training, **options):
        model = Watcher()
        train_toy(folder, changed(epochs=1), model, **options)
        return torch.cat(model.shown[training])

    plain, turned = shown(True), shown(True, symmetries="up_down")
    flipped = (plain.flip(1) == turned).all((1, 2))
    assert (flipped | (plain == turned).all((1, 2))).all()
    assert 25 < flipped.sum() < 75
    assert torch.equal(shown(False), shown(False, symmetries="up_down"))


def test_converges_to_the_optimum(folder):
    settings = changed(epochs=60, learning_rate=0.3, schedule="cosine", keep="last")
    train_toy(folder, settings, MeanModel())
    with h5py.File(folder / "train.h5") as file:
        mean = file["images"][:].mean(axis=0)
    # A single batch's mean strays by about 1, the training's by its last small steps alone.
    assert np.abs(weights(folder)["mean"].numpy() - mean).max() < 0.1


def test_same_seed_same_bytes(folder):
    contents = []
    for number, seed in enumerate((3, 3, 4)):
        train_toy(folder, QUICK, output_dir=folder / f"m{number}", seed=seed)
        contents.append((folder / f"m{number}" / "model.safetensors").read_bytes())
    assert contents[0] == contents[1]
    assert contents[0] != contents[2]


def test_history_and_config(folder):
    train_toy(folder, changed(early_stopping=3), provenance={"dataset": "toys", "label": "all"})
    table = history(folder)
    assert table["epoch"].tolist() == [1, 2, 3]
    assert table["step"].tolist() == [7, 14, 21]  # 100 images in batches of 16: 6 and a half
    assert {"train_loss", "validation_loss", "learning_rate", "gradient_norm"} < set(table)
    assert set(TIMING_COLUMNS) < set(table)
    assert np.isfinite(table.to_numpy()).all()
    config = yaml.safe_load((folder / "model" / "config.yaml").read_text())
    assert config["dataset"] == "toys"
    assert config["training"]["epochs"] == 3
    assert (config["seed"], config["digest"], config["epochs"]) == (3, "d1", 3)
    assert config["image_size"] == [SIDE, SIDE]


def test_one_log_line_an_epoch_and_a_quiet_stderr(folder, caplog, capsys):
    caplog.set_level(logging.INFO)
    train_toy(folder)
    lines = [r.getMessage() for r in caplog.records if r.name == "darkpixel.training.loop"]
    assert len(lines) == 8
    assert all(word in lines[0] for word in ("epoch 1", "train_loss", "images_per_second"))
    assert capsys.readouterr().err == ""


def test_progress_bar_shows_loss_and_images(folder, capsys):
    train_toy(folder, QUICK, progress=True)
    shown = capsys.readouterr().err
    assert "epoch 3/3, loss" in shown
    assert "300/300" in shown
    assert "images/s" in shown


@pytest.fixture
def worsening(folder):
    """Validation images are blank: the mean starts at zero, and each epoch makes it worse."""
    with h5py.File(folder / "validation.h5", "r+") as file:
        file["images"][:] = 0.0
    return folder


def test_keep_best_and_last(worsening):
    folder = worsening
    for keep in ("best", "last"):
        settings = changed(keep=keep, snapshots=[1, 3])
        train_toy(folder, settings, MeanModel())
        first, third = weights(folder, "epoch1")["mean"], weights(folder, "epoch3")["mean"]
        assert not torch.equal(first, third)
        assert torch.equal(weights(folder)["mean"], first if keep == "best" else third)
        config = yaml.safe_load((folder / "model" / "config.yaml").read_text())
        assert config["kept_epoch"] == (1 if keep == "best" else 3)


def test_best_weights_survive_an_interruption(worsening):
    settings = changed(checkpoint_seconds=0, snapshots=[1])
    with pytest.raises(DarkpixelError):
        train_toy(worsening, settings, BrokenModel(9))  # in the second epoch
    train_toy(worsening, settings, MeanModel())
    assert torch.equal(weights(worsening)["mean"], weights(worsening, "epoch1")["mean"])


@pytest.mark.parametrize(("snapshots", "epochs"), [([], 3), ([5], 5)])
def test_early_stopping(worsening, snapshots, epochs):
    train_toy(worsening, changed(epochs=9, early_stopping=2, snapshots=snapshots), MeanModel())
    assert len(history(worsening)) == epochs


@pytest.mark.parametrize("gradient", [False, True])
def test_what_is_not_finite_stops_with_one_line(folder, gradient):
    settings = changed(checkpoint_seconds=0)
    with pytest.raises(DarkpixelError) as error:
        train_toy(folder, settings, BrokenModel(9, gradient))
    message = str(error.value)
    what = "gradient norm" if gradient else "loss model"
    assert f"{what} is not finite at epoch 2, step 2 (learning rate 0.01)" in message
    assert "learning_rate" in message
    assert "\n" not in message
    state = folder / "checkpoints" / "state.pt"
    assert f"the last good state is {state}" in message
    saved = torch.load(state, weights_only=True)["state"]
    assert (saved["epoch"], saved["step"]) == (1, 2)
    assert all(bool(t.isfinite().all()) for t in saved["model"].values())
    assert not (folder / "model").exists()
    # From there the same training without the fault ends as if there had been none.
    train_toy(folder, settings, BrokenModel(10**9, gradient))
    resumed = weights(folder)["mean"]
    train_toy(folder, settings, BrokenModel(10**9, gradient))
    assert torch.equal(weights(folder)["mean"], resumed)


def test_checkpoint_never_holds_bad_weights(folder):
    """The last step before a checkpoint may break weights though its loss was finite."""

    class Overflow(MeanModel):
        def loss(self, images, phase="model", **columns):
            loss = super().loss(images)
            with torch.no_grad():
                self.mean.fill_(torch.inf)
            return loss

    with pytest.raises(DarkpixelError, match="a weight is not finite at epoch 1, step 1"):
        train_toy(folder, changed(checkpoint_seconds=0), Overflow())
    assert not (folder / "checkpoints" / "state.pt").exists()


def test_other_digest_starts_afresh(folder, caplog):
    settings = changed(checkpoint_seconds=0)
    with pytest.raises(DarkpixelError):
        train_toy(folder, settings, BrokenModel(9))
    model = MeanModel()
    train_toy(folder, settings, model, digest="d2")
    assert "digest d1, now d2" in caplog.text
    train_toy(folder, settings, MeanModel(), output_dir=folder / "again", digest="d2")
    again = safetensors.torch.load_file(folder / "again" / "model.safetensors")
    assert torch.equal(weights(folder)["mean"], again["mean"])


@pytest.mark.parametrize("key", ["model", "epoch", "optimisers", "sums", "noise", "all"])
def test_a_state_of_another_layout_is_one_line(folder, key):
    """Its bytes are whole, so that reading it tells nothing."""
    settings = changed(checkpoint_seconds=0)
    with pytest.raises(DarkpixelError):
        train_toy(folder, settings, BrokenModel(9))
    path = folder / "checkpoints" / "state.pt"
    content = torch.load(path, weights_only=True)
    content["state"] = [1] if key == "all" else content["state"] | {key: "something else"}
    torch.save(content, path)
    with pytest.raises(DarkpixelError) as error:
        train_toy(folder, settings, MeanModel())
    assert str(path) in str(error.value)
    assert "remove the file to start afresh" in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_phases_move_their_own_parameters_in_order(folder):
    model = TwoPhases()
    model.columns = ("species",)
    train_toy(folder, changed(keep="last"), model)
    order = [phase for phase, training, _ in model.asked if training]
    assert order == ["first", "second:a", "second:b"] * 21
    assert all(columns == ["species"] for _, _, columns in model.asked)
    assert {"train_loss_first", "train_loss_second"} < set(history(folder))


def test_monitor_is_recorded_and_changes_nothing(folder):
    train_toy(folder, QUICK)
    alone = weights(folder)
    called = []

    def monitor(model, epoch):
        assert not model.training
        called.append(epoch)
        return {"w1": np.float32(torch.rand(()).item())}

    train_toy(folder, QUICK, monitor=monitor, monitor_every=2)
    assert called == [2, 3]
    assert history(folder)["w1"].notna().tolist() == [False, True, True]
    for name, tensor in weights(folder).items():
        assert torch.equal(tensor, alone[name])


def test_averaged_weights_are_validated_and_written(folder):
    """With a decay near one and one epoch the average lags behind the last weights."""
    settings = changed(epochs=1, keep="last", average=0.999)
    lagging = train_toy(folder, settings, MeanModel())
    averaged, loss = weights(folder)["mean"], history(folder)["validation_loss"][0]
    assert torch.equal(lagging.state_dict()["mean"], averaged)
    train_toy(folder, changed(epochs=1, keep="last"), MeanModel())
    assert averaged.norm() < 0.9 * weights(folder)["mean"].norm()
    assert loss > history(folder)["validation_loss"][0]


def test_gradients_are_clipped(folder, monkeypatch):
    norms = []

    class Watched(torch.optim.Adam):
        def step(self, closure=None):
            gradients = [p.grad for group in self.param_groups for p in group["params"]]
            norms.append(torch.nn.utils.get_total_norm(gradients).item())
            return super().step(closure)

    monkeypatch.setattr(torch.optim, "Adam", Watched)
    train_toy(folder, changed(epochs=1, gradient_clip=1e-3), MeanModel())
    assert norms == pytest.approx([1e-3] * 7, rel=1e-3)
    assert history(folder)["gradient_norm"][0] > 1.0  # recorded before clipping
    train_toy(folder, changed(epochs=1, gradient_clip=None), MeanModel())
    assert min(norms[7:]) > 1.0


def test_files_that_do_not_fit_the_model(folder):
    write_toy_images(folder / "validation.h5", 10, side=SIDE + 1)
    with pytest.raises(DarkpixelError, match="5x5 pixels, the model is built for 4x4"):
        train_toy(folder, QUICK)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has the device")
def test_absent_device_is_named(folder):
    with pytest.raises(DarkpixelError, match="cuda is not available"):
        train_toy(folder, changed(device="cuda"))


def test_snapshots_must_be_epochs():
    with pytest.raises(pydantic.ValidationError, match="not among the epochs 1 to 3"):
        changed(snapshots=[4])


def test_denormal_numbers_are_back_after_training(folder):
    train_toy(folder, QUICK)
    smallest = torch.tensor([5e-324], dtype=torch.float64)
    assert (smallest * 1.0 != 0).all()

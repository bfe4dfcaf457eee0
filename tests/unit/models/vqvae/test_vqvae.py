"""The VQ-VAE: sizes as the paper's, images of any size, training that does not collapse."""

from typing import Any

import numpy as np
import pytest
import torch
from autoencoder_toys import fitted_vqvae, small_images, toy_vqvae, write_argon
from torch import nn
from torch.nn.functional import mse_loss
from typed_models import load

from darkpixel.config.training import Training
from darkpixel.errors import DarkpixelError
from darkpixel.models.build import build_model
from darkpixel.models.folder import save_model
from darkpixel.models.vqvae.codes import perplexity
from darkpixel.models.vqvae.model import VQVAE
from darkpixel.training.loop import train
from darkpixel.training.monitors.codebook import vqvae_monitor
from darkpixel.training.signals import StopRequest


@pytest.fixture(scope="module")
def images():
    return small_images(300)[0]


def parameters(**options):
    return build_model({"model": "vqvae", **options}, (64, 64)).parameter_counts()["dense"]


def test_parameters_of_the_authors_code():
    """23,785 with the 512 x 8 codebook, counted in the authors' published network."""
    assert parameters(architecture="reference_code") == 23_785
    assert parameters(architecture="reference_code", codes=256) == 23_785 - 256 * 8


def test_parameters_of_the_papers_text():
    def block(inputs, outputs, kernel):
        return inputs * outputs * kernel**2 + outputs + 2 * outputs  # and batch normalisation

    encoder = block(1, 16, 3) + block(16, 32, 3) + block(32, 8, 3)
    decoder = block(8, 32, 3) + block(32, 16, 4) + (16 * 1 * 16 + 1)
    assert parameters() == encoder + 512 * 8 + decoder
    assert parameters(block="bn_relu") == parameters()


@pytest.mark.parametrize("architecture", ["paper_text", "reference_code"])
def test_the_codes_of_64_by_64_images_are_16_by_16(architecture, images):
    model = toy_vqvae((64, 64), architecture=architecture).eval()
    assert model.code_shape == (16, 16)
    codes = model.encode(torch.from_numpy(images[:20].reshape(5, 64, 64)))
    assert codes.shape == (5, 16, 16)
    assert codes.dtype == torch.int64
    assert model.decode(codes).shape == (5, 64, 64)


@pytest.mark.parametrize(("block", "expected"), [("relu_bn_relu", "RBR"), ("bn_relu", "BR")])
def test_blocks_follow_the_option(block, expected):
    layers = [*toy_vqvae(block=block).encoder, *toy_vqvae(block=block).decoder]
    letters = {nn.Conv2d: "C", nn.ConvTranspose2d: "C", nn.ReLU: "R", nn.BatchNorm2d: "B"}
    text = "".join(letters[type(layer)] for layer in layers)
    assert text == ("C" + expected) * 5 + "CR"  # the last block makes the pixels


def test_the_authors_decoder_has_no_batch_normalisation():
    model = toy_vqvae(architecture="reference_code")
    norms = [isinstance(m, nn.BatchNorm2d) for m in model.decoder]
    assert not any(norms)
    upsampling = [layer.stride for layer in model.decoder if isinstance(layer, nn.ConvTranspose2d)]
    assert upsampling == [(2, 2), (2, 2)]


@pytest.mark.parametrize("size", [(30, 37), (4, 4), (9, 64)])
def test_images_of_any_size_are_padded_below_and_right_and_cropped_back(size):
    height, width = size
    model = toy_vqvae(size).eval()
    rows, columns = -(-height // 4), -(-width // 4)
    assert model.code_shape == (rows, columns)
    images = torch.rand(3, height, width, generator=torch.Generator().manual_seed(0))
    assert model.reconstruct(images).shape == images.shape
    padded = torch.zeros(3, 4 * rows, 4 * columns)
    padded[:, :height, :width] = images
    larger = toy_vqvae((4 * rows, 4 * columns)).eval()
    larger.load_state_dict(model.state_dict())
    assert torch.equal(model.encode(images), larger.encode(padded))
    torch.testing.assert_close(
        model.reconstruct(images), larger.reconstruct(padded)[:, :height, :width]
    )


@pytest.mark.parametrize("filters", [[6], [6, 8]])
@pytest.mark.parametrize("side", [12, 25, 28, 32])
def test_no_code_stands_for_padding_alone(side, filters):
    model = toy_vqvae((side, side), encoder_filters=filters, decoder_filters=filters[::-1])
    padding = model.code_shape[0] * model.cell - side
    assert 0 <= padding < model.cell
    corner = torch.zeros(1, side, side)
    corner[0, -1, -1] = 1.0
    assert model.charged_cells(corner)[0, -1, -1]


def test_charged_cells_are_those_with_a_filled_pixel():
    images = torch.zeros(2, 6, 9)
    images[0, 3, 4] = 0.1
    images[1, 5, 8] = 2.0  # in a cell that is mostly padding
    expected = torch.zeros(2, 2, 3, dtype=torch.bool)
    expected[0, 0, 1] = expected[1, 1, 2] = True
    assert torch.equal(toy_vqvae((6, 9)).charged_cells(images), expected)


def test_the_loss_is_the_papers(images):
    batch = torch.from_numpy(images[:20])
    model = fitted_vqvae(images, commitment=0.5)
    z = model.encoder_outputs(batch)
    e = model.codebook.vectors[model.encode(batch)]
    expected = mse_loss(model.reconstruct(batch), batch) + 1.5 * mse_loss(z, e)
    torch.testing.assert_close(model.loss(batch), expected)
    assert model.reconstruct(batch).min() >= 0


ROOT: dict[str, Any] = {"pixels": "root", "pixel_scale": 2.0}


def test_roots_are_undone_and_zero_stays_zero():
    model = toy_vqvae((8, 8), **ROOT)
    pixels = torch.tensor([0.0, 1e-3, 0.5, 7.0, 300.0])
    assert model.seen(pixels)[0] == 0
    assert model.unseen(torch.zeros(1)) == 0
    torch.testing.assert_close(model.unseen(model.seen(pixels)), pixels, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(model.seen(pixels[-1]), (pixels[-1] / 2).sqrt(), rtol=0.05, atol=0)


@pytest.mark.parametrize("options", [{}, ROOT])
def test_what_decodes_many_images_best_is_their_mean(options):
    """So decoding keeps the total; the squared error of the roots would be least below it."""
    model = toy_vqvae((2, 2), **options)
    images = torch.tensor([0.0, 0.0, 1.0, 90.0, 200.0])[:, None, None].expand(-1, 2, 2)
    output = model.seen(images.mean(0)).requires_grad_()
    errors = [model.error((output * f).expand_as(images), images) for f in (0.9, 1.0, 1.1)]
    assert errors[1] < min(errors[0], errors[2])
    torch.autograd.backward(errors[1])
    assert output.grad is not None
    assert output.grad.abs().max() < 1e-4 * errors[1].detach()
    exact = model.error(model.seen(images), images)
    assert float(exact.detach()) == pytest.approx(0.0, abs=1e-6)


def test_the_deviance_is_the_squared_error_of_the_roots_for_small_errors(images):
    model = toy_vqvae(**ROOT)
    batch = torch.from_numpy(images[:20])
    close = model.seen(batch) + 0.01
    assert float(model.error(close, batch)) == pytest.approx(1e-4, rel=0.02)


def test_roots_train_and_reconstruct_blank_images_too(images):
    torch.manual_seed(0)
    batch = torch.from_numpy(images[:24]).clone()
    batch[:8] = 0
    model = fitted_vqvae(batch.numpy(), **ROOT)
    optimiser = torch.optim.Adam(model.train().parameters(), 1e-2)
    losses = []
    for _ in range(15):
        optimiser.zero_grad()
        loss = model.loss(batch)
        torch.autograd.backward(loss)
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.6 * losses[0]
    again = model.eval().reconstruct(batch)
    assert torch.isfinite(again).all()
    assert again.min() == 0
    assert again[again > 0].min() >= batch[batch > 0].min()
    assert model.fitted() == {"smallest_pixel": float(batch[batch > 0].min())}


def test_the_gradient_passes_the_codebook(images):
    model = fitted_vqvae(images, commitment=0.0, codebook_update="ema")
    model.loss(torch.from_numpy(images[:20])).backward()
    first = next(layer for layer in model.encoder if isinstance(layer, nn.Conv2d))
    assert first.weight.grad is not None
    assert first.weight.grad.abs().max() > 0


def test_k_means_start_puts_the_codes_where_the_encoder_is(images):
    batch = torch.from_numpy(images)
    charged = toy_vqvae().charged_cells(batch)

    def error(model):
        model.train()
        with torch.no_grad():
            z = model.encoder_outputs(batch)[charged]
            return model.codebook(z).commitment_loss

    assert error(fitted_vqvae(images)) < 0.2 * error(toy_vqvae())


def test_k_means_start_refuses_blank_images():
    with pytest.raises(DarkpixelError, match="every pixel is zero"):
        fitted_vqvae(np.zeros((8, 16, 16), np.float32))


def test_encoder_and_decoder_filters_must_match():
    with pytest.raises(DarkpixelError, match="3 encoder_filters but 2 decoder_filters"):
        toy_vqvae(encoder_filters=[4, 6, 8])


def test_the_folder_is_the_whole_model(tmp_path, images):
    model = fitted_vqvae(images, codebook_update="ema", replace_after=5)
    save_model(model, tmp_path)
    batch = torch.from_numpy(images[:20])
    assert torch.equal(load(VQVAE, tmp_path).reconstruct(batch), model.reconstruct(batch))


SETTINGS = Training(
    epochs=12, batch_size=32, learning_rate=1e-2, schedule="cosine", device="cpu", keep="last"
)  # fmt: skip


def run(folder, options, settings=SETTINGS, stop_at=None, monkeypatch=None):
    """Train on the files of `folder`; with `stop_at`, ask it to stop at that check and resume."""
    name = "-".join(f"{key}{value}" for key, value in options.items()) + f"-{stop_at}"
    torch.set_num_threads(1)

    def once():
        model = toy_vqvae(**options)
        train(
            model,
            folder / "train.h5",
            folder / "validation.h5",
            settings,
            seed=1,
            checkpoint_dir=folder / f"checkpoints-{name}",
            digest="d",
            output_dir=folder / name,
            monitor=vqvae_monitor(folder / "validation.h5"),
            progress=False,
        )
        return model

    if stop_at is not None:
        checks, check = [0], StopRequest.check

        def counted(request):
            checks[0] += 1
            if checks[0] == stop_at:
                request.number = 15
            check(request)

        with monkeypatch.context() as patch:
            patch.setattr(StopRequest, "check", counted)
            with pytest.raises(SystemExit):
                once()
    return once()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vqvae")
    write_argon(folder / "train.h5", 300, seed=1)
    write_argon(folder / "validation.h5", 60, seed=2)
    return folder


def validation(folder):
    return torch.from_numpy(small_images(60, 2)[0])


OPTIONS = {"kmeans_start": True, "replace_after": 4}


@pytest.mark.parametrize("update", ["loss", "ema"])
def test_a_short_training_learns_and_uses_its_codebook(folder, update):
    model = run(folder, {**OPTIONS, "codebook_update": update}).eval()
    images = validation(folder)
    blank = images.square().mean()
    assert mse_loss(model.reconstruct(images), images) < 0.6 * blank
    found = vqvae_monitor(folder / "validation.h5")(model, 12)
    assert found["perplexity_charged"] > 10
    assert found["codes_used"] > 20


@pytest.mark.parametrize("update", ["loss", "ema"])
def test_an_interrupted_training_ends_with_the_same_weights(folder, update, monkeypatch):
    options = {**OPTIONS, "codebook_update": update}
    settings = SETTINGS.model_copy(update={"epochs": 3})
    whole = run(folder, options, settings).state_dict()
    # 9 steps, 2 validation batches and a monitor an epoch: in the middle of the second.
    pieces = run(folder, options, settings, stop_at=17, monkeypatch=monkeypatch).state_dict()
    assert whole.keys() == pieces.keys()
    for name, value in whole.items():
        assert torch.equal(value, pieces[name]), name


def test_the_monitor_measures_what_it_says(folder):
    images = validation(folder)
    model = fitted_vqvae(images.numpy())
    found = vqvae_monitor(folder / "validation.h5", batch=7)(model, 1)
    codes = model.encode(images)
    assert found["codes_used"] == len(codes.unique())
    counts = np.bincount(codes[model.charged_cells(images)].numpy())
    assert found["perplexity_charged"] == pytest.approx(perplexity(counts))
    assert found["perplexity"] < found["perplexity_charged"]
    error = mse_loss(model.reconstruct(images), images).item()
    assert found["reconstruction_error"] == pytest.approx(error)


def test_a_collapsed_codebook_stops_the_training(folder):
    model = fitted_vqvae(validation(folder).numpy(), collapse_after=2)
    with torch.no_grad():
        model.codebook.vectors.fill_(1.0)
    monitor = vqvae_monitor(folder / "validation.h5")
    assert monitor(model, 2)["perplexity_charged"] == pytest.approx(1.0)
    with pytest.raises(DarkpixelError, match=r"collapsed: in epoch 3 .* is 1.00 of 24 .*kmeans"):
        monitor(model, 3)

"""The PixelCNN on the codes of a VQ-VAE: likelihood, training, folder, samples."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from typed_models import build, load

from darkpixel.errors import DarkpixelError
from darkpixel.models.build import build_model
from darkpixel.models.folder import load_model, save_model
from darkpixel.models.vqvae.model import VQVAE
from darkpixel.models.vqvae_pixelcnn.model import VQVAEPixelCNN, with_autoencoder
from darkpixel.models.vqvae_pixelcnn.settings import Settings

IMAGE_SIZE = (24, 32)  # 6 x 8 cells
VQVAE_SETTINGS = {
    "model": "vqvae",
    "codes": 9,
    "encoder_filters": [4, 4],
    "decoder_filters": [4, 4],
}


def vqvae(seed: int = 0, **keys: Any) -> VQVAE:
    made = build(VQVAE, {**VQVAE_SETTINGS, **keys}, IMAGE_SIZE, seed)
    last = made.decoder[-2]
    assert isinstance(last, nn.ConvTranspose2d | nn.Conv2d)
    assert last.bias is not None
    with torch.no_grad():  # else the last ReLU of an untrained decoder may make empty images
        last.bias.fill_(3.0)
    return made.eval()


def pixelcnn(seed: int = 1, **keys: Any) -> VQVAEPixelCNN:
    settings = {"model": "vqvae_pixelcnn", "filters": 8, "blocks": 2, "autoencoder": VQVAE_SETTINGS}
    made = build(VQVAEPixelCNN, {**settings, **keys}, IMAGE_SIZE, seed)
    made.adopt_autoencoder(vqvae().state_dict())
    return made


def striped_maps(n: int, seed: int = 0) -> Tensor:
    """Columns of one code each that depend on the code to the left, (n, 6, 8) float32."""
    generator = torch.Generator().manual_seed(seed)
    first = torch.randint(0, 9, (n, 1, 1), generator=generator)
    return ((first + torch.arange(8)) % 9).expand(n, 6, 8).float()


def train(model: VQVAEPixelCNN, maps: Tensor, steps: int, **columns: Tensor) -> float:
    model.train()
    torch.manual_seed(0)
    model.fit_to_data(lambda: iter([maps]))
    optimiser = torch.optim.Adam(model.phase_parameters("model"), 1e-2)
    for _ in range(steps):
        optimiser.zero_grad()
        loss = model.loss(maps, "model", **columns)
        torch.autograd.backward(loss)
        optimiser.step()
    return float(loss.detach())


def test_log_prob_is_that_of_the_cells_one_after_the_other() -> None:
    model = pixelcnn().eval()
    maps = torch.randint(0, 9, (3, 6, 8), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        total = torch.zeros(3)
        for row in range(6):
            for column in range(8):
                known = maps.clone()
                known[:, row, column:] = 0
                known[:, row + 1 :] = 0
                scores = model.prior(known)[:, row, column].log_softmax(-1)
                total += scores.gather(1, maps[:, row, column, None])[:, 0]
        torch.testing.assert_close(model.log_prob(maps.float()), total)
        torch.testing.assert_close(model.loss(maps.float()), -total.mean())


def test_an_untrained_model_gives_codes_their_frequencies() -> None:
    """The last bias starts there, so that no step is spent on learning which code is empty."""
    model = pixelcnn().eval()
    maps = torch.zeros(50, 6, 8)
    maps[:, 2, 3] = 4
    model.fit_to_data(lambda: iter([maps[:20], maps[20:]]))
    p = 1 / 48
    entropy = 48 * -(p * torch.tensor(p).log() + (1 - p) * torch.tensor(1 - p).log())
    assert float(model.loss(maps).detach()) == pytest.approx(float(entropy), rel=0.25)


def test_training_learns_and_leaves_the_autoencoder_alone() -> None:
    model = pixelcnn()
    before = {k: v.clone() for k, v in model.autoencoder.state_dict().items()}
    loss = train(model, striped_maps(32), 100)
    assert loss < 20  # of 48 ln 9 = 105 nats; ln 9 = 2.2 are the maps' entropy
    assert not model.autoencoder.training
    for name, tensor in model.autoencoder.state_dict().items():
        assert torch.equal(tensor, before[name])
        assert not tensor.requires_grad


def test_what_is_trained_comes_back_from_the_folder(tmp_path: Path) -> None:
    save_model(vqvae(), tmp_path / "vqvae")
    keys = {"model": "vqvae_pixelcnn", "filters": 8, "blocks": 2, "condition": "species"}
    settings, size = with_autoencoder(keys, tmp_path / "vqvae")
    assert size == IMAGE_SIZE
    model = build(VQVAEPixelCNN, settings, size, seed=3)
    model.adopt_autoencoder(load_model(tmp_path / "vqvae").state_dict())
    assert model.input_size == (6, 8)
    assert model.image_size == IMAGE_SIZE
    maps = striped_maps(10)
    train(model, maps, 1, species=torch.tensor([11, 22, 22, 13, 211, 2212, 11, 11, 11, 13]))
    save_model(model, tmp_path / "pixelcnn")
    loaded = load(VQVAEPixelCNN, tmp_path / "pixelcnn")
    for name, tensor in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor)
    one, two = (m.sample(5, generator=torch.Generator().manual_seed(0)) for m in (model, loaded))
    assert torch.equal(one, two)


def test_samples_are_decoded_code_maps_whatever_the_batch() -> None:
    """Trained on two maps, each of one code, it makes their two images."""
    model = pixelcnn()
    maps = torch.tensor([3.0, 5.0]).repeat(16)[:, None, None].expand(-1, 6, 8)
    train(model, maps, 60)
    images = model.sample(20, generator=torch.Generator().manual_seed(0))
    assert images.shape == (20, *IMAGE_SIZE)
    again = model.sample(20, generator=torch.Generator().manual_seed(0), batch=7)
    few = model.sample(3, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(again, images)
    torch.testing.assert_close(few, images[:3])
    assert not torch.equal(model.sample(20, generator=torch.Generator().manual_seed(1)), images)
    assert model.training
    decoded = model.autoencoder.decode(maps[:2].long())
    made = ((images[:, None] - decoded).abs().amax((2, 3)) < 1e-5).sum(0)
    assert made.min() > 2
    assert made.sum() > 15
    assert model.sample(0, generator=torch.Generator()).shape == (0, *IMAGE_SIZE)


def test_samples_have_the_species_of_the_training_images() -> None:
    """Each species has a stripe of its own; a sample must show the one that it was drawn for."""
    model = pixelcnn(condition="species", species=[22, 2212])
    assert model.columns == ("species",)
    species = torch.tensor([22] * 16 + [2212] * 48, dtype=torch.int32)
    codes = torch.where(species == 22, 3.0, 5.0)
    train(model, codes[:, None, None].expand(-1, 6, 8), 60, species=species)
    images, columns = model.sample_events(400, generator=torch.Generator().manual_seed(0))
    drawn = columns["species"]
    assert drawn.dtype == torch.int32
    assert 0.65 < (drawn == 2212).float().mean() < 0.85
    code = torch.where(drawn == 22, 3, 5)
    wanted = model.autoencoder.decode(code[:, None, None].expand(-1, 6, 8))
    assert int(((images - wanted).abs().amax((1, 2)) < 1e-5).sum()) > 300


def test_asked_species_are_drawn_from_the_same_uniforms() -> None:
    """Asking for what the mix would have drawn changes nothing; asking for others changes all."""
    model = pixelcnn(condition="species", species=[22, 2212])
    species = torch.tensor([22] * 16 + [2212] * 48, dtype=torch.int32)
    codes = torch.where(species == 22, 3.0, 5.0)
    train(model, codes[:, None, None].expand(-1, 6, 8), 60, species=species)

    def draw(conditions: dict[str, torch.Tensor] | None) -> tuple[torch.Tensor, torch.Tensor]:
        images, columns = model.sample_events(
            50, generator=torch.Generator().manual_seed(0), conditions=conditions
        )
        return images, columns["species"]

    images, drawn = draw(None)
    again, same = draw({"species": drawn})
    assert torch.equal(again, images)
    assert torch.equal(same, drawn)
    _, photons = draw({"species": torch.tensor(22)})
    assert photons.tolist() == [22] * 50
    with pytest.raises(DarkpixelError, match="'species': 11 is not among 22, 2212"):
        draw({"species": torch.tensor(11)})


def test_asked_species_need_no_mix() -> None:
    model = pixelcnn(condition="species", species=[22, 2212])
    given = {"species": torch.tensor([22, 2212, 22])}
    _, columns = model.sample_events(3, generator=torch.Generator(), conditions=given)
    assert columns["species"].tolist() == [22, 2212, 22]


def test_validation_does_not_count_species() -> None:
    model = pixelcnn(condition="species", species=[22, 2212])
    species = torch.tensor([22, 2212, 2212])
    model.train()
    model.loss(striped_maps(3), species=species)
    model.eval()
    model.validation_loss(striped_maps(3), species=species)
    assert model.species_counts.tolist() == [1, 2]


@pytest.mark.parametrize("embedding", ["learned", "codebook"])
def test_embedding_starts_at_the_codebook(embedding: str) -> None:
    model = pixelcnn(embedding=embedding)
    start = model.autoencoder.codebook.vectors
    assert torch.equal(model.prior.embedding.weight, start)
    train(model, striped_maps(8), 2)
    assert torch.equal(model.prior.embedding.weight, start) == (embedding == "codebook")
    total = sum(p.numel() for p in model.prior.parameters())
    frozen = start.numel() if embedding == "codebook" else 0
    assert model.parameter_counts()["free"] == total - frozen


def test_presets() -> None:
    reference = Settings.model_validate({"preset": "reference_code"})
    assert reference.masks == "reference_code"
    assert reference.gate == "sum"
    assert reference.head_activation == "none"
    assert not reference.vertical_residual
    smaller = Settings.model_validate(
        {"preset": "reference_code", "filters": 32, "gate": "product"}
    )
    assert (smaller.filters, smaller.gate, smaller.masks) == (32, "product", "reference_code")
    text = Settings.model_validate({"preset": "paper_text"})
    assert text.model_copy(update={"preset": None}) == Settings()


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"kernel": 4}, "kernel must be odd, found 4"),
        ({"autoencoder": None}, "the settings of its autoencoder are missing"),
        ({"autoencoder": {"model": "sarm"}}, "autoencoder is a 'sarm'"),
    ],
)
def test_wrong_settings_end_in_one_line(keys: dict[str, Any], words: str) -> None:
    with pytest.raises(DarkpixelError, match=words) as error:
        build_model({"model": "vqvae_pixelcnn", **keys}, (32, 32))
    assert "\n" not in str(error.value)


def test_wrong_data_end_in_one_line(tmp_path: Path) -> None:
    model = pixelcnn(condition="species")
    with pytest.raises(DarkpixelError, match="code 12, but the autoencoder has 9 codes"):
        model.fit_to_data(lambda: iter([striped_maps(2) + 4]))
    with pytest.raises(DarkpixelError, match="321 among the images is not in the list"):
        model.loss(striped_maps(2), species=torch.tensor([11, 321]))
    with pytest.raises(DarkpixelError, match="train the model before sampling"):
        model.sample(1, generator=torch.Generator())
    with pytest.raises(DarkpixelError, match="the weights do not fit its settings") as error:
        model.adopt_autoencoder(vqvae(codes=7).state_dict())
    assert "\n" not in str(error.value)
    save_model(build_model({"model": "sarm", "layers": 1}, (4, 4), seed=0), tmp_path)
    with pytest.raises(DarkpixelError, match="holds a model 'sarm'"):
        with_autoencoder({"model": "vqvae_pixelcnn"}, tmp_path)

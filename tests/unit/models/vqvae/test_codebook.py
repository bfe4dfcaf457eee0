"""The codebook against vector-quantize-pytorch, and the promises that it makes by itself."""

import copy

import pytest
import torch
from torch import Tensor
from torch.nn.functional import mse_loss
from vector_quantize_pytorch import VectorQuantize

from darkpixel.models.vqvae.codebook import Codebook, k_means

CODES, DIMENSION = 48, 6


def inputs(seed: int = 0, shape: tuple[int, ...] = (8, 5, 7)) -> Tensor:
    return torch.randn((*shape, DIMENSION), generator=torch.Generator().manual_seed(seed))


def oracle(codebook: Codebook, **options: object) -> VectorQuantize:
    """The reference implementation with the same vectors, plain straight-through gradient."""
    made = VectorQuantize(
        dim=DIMENSION,
        codebook_size=CODES,
        rotation_trick=False,
        threshold_ema_dead_code=0,
        **options,
    )
    made._codebook.embed.data.copy_(codebook.vectors.data[None])
    made._codebook.embed_avg.data.copy_(codebook.vectors.data[None])
    return made.train()


def test_agrees_with_the_reference_in_codes_vectors_and_gradients():
    codebook = Codebook(CODES, DIMENSION)
    reference = oracle(codebook, learnable_codebook=True, ema_update=False, commitment_weight=1.0)
    mine, theirs = inputs().requires_grad_(), inputs().requires_grad_()
    target = inputs(1)

    found = codebook(mine)
    vectors, codes, loss = reference(theirs.flatten(1, 2))
    vectors = vectors.view_as(theirs)

    assert torch.equal(found.codes.flatten(1), codes)
    assert len(found.codes.unique()) > CODES / 2
    torch.testing.assert_close(found.vectors, vectors)
    # Theirs is one squared error whose gradient goes both ways, ours the same in two halves.
    torch.testing.assert_close(found.codebook_loss, loss)
    torch.testing.assert_close(found.commitment_loss, loss)
    (mse_loss(found.vectors, target) + found.codebook_loss + found.commitment_loss).backward()
    (mse_loss(vectors, target) + loss).backward()
    torch.testing.assert_close(mine.grad, theirs.grad)
    torch.testing.assert_close(codebook.vectors.grad, reference._codebook.embed.grad[0])


def test_moving_averages_agree_with_the_reference_step_by_step():
    codebook = Codebook(CODES, DIMENSION, ema_decay=0.9)
    reference = oracle(codebook, decay=0.9, ema_update=True, commitment_weight=0.25)
    start = codebook.vectors.clone()
    for step in range(4):
        mine, theirs = (inputs(step).requires_grad_() for _ in range(2))
        found = codebook(mine)
        _, codes, loss = reference(theirs.flatten(1, 2))
        assert torch.equal(found.codes.flatten(1), codes)
        torch.testing.assert_close(0.25 * found.commitment_loss, loss[()])
        assert found.codebook_loss == 0
        torch.testing.assert_close(codebook.vectors, reference._codebook.embed[0])
        (0.25 * found.commitment_loss).backward()
        loss.backward()
        torch.testing.assert_close(mine.grad, theirs.grad)
    assert (codebook.vectors - start).abs().max() > 0.1


def gradient(tensor: torch.Tensor) -> torch.Tensor | None:
    return tensor.grad


def test_each_loss_moves_its_own_side_only():
    codebook = Codebook(CODES, DIMENSION)
    z = inputs().requires_grad_()
    codebook(z).codebook_loss.backward()
    assert gradient(z) is None
    assert codebook.vectors.grad is not None
    assert codebook.vectors.grad.abs().max() > 0
    codebook.vectors.grad = None
    codebook(z).commitment_loss.backward()
    assert gradient(codebook.vectors) is None
    moved = gradient(z)
    assert moved is not None
    assert moved.abs().max() > 0


def test_the_gradient_of_the_vectors_is_copied_to_the_inputs():
    codebook = Codebook(CODES, DIMENSION)
    z, slopes = inputs().requires_grad_(), inputs(2)
    (codebook(z).vectors * slopes).sum().backward()
    assert z.grad is not None
    assert torch.equal(z.grad, slopes)
    assert codebook.vectors.grad is None


def test_the_nearest_vector_is_the_nearest_in_any_chunking():
    codebook = Codebook(CODES, DIMENSION)
    z = inputs(shape=(3, 333))  # not a multiple of the chunk
    distances = (z[:, :, None] - codebook.vectors).double().square().sum(-1)
    assert torch.equal(codebook.nearest(z), distances.argmin(-1))
    assert torch.equal(codebook.nearest(codebook.vectors.detach()), torch.arange(CODES))


def test_evaluation_changes_nothing():
    codebook = Codebook(CODES, DIMENSION, ema_decay=0.9, replace_after=1).eval()
    before = copy.deepcopy(codebook.state_dict())
    codebook(inputs())
    for name, value in codebook.state_dict().items():
        assert torch.equal(value, before[name]), name


@pytest.mark.parametrize("ema_decay", [None, 0.99])
def test_dead_codes_go_to_inputs_that_have_no_code(ema_decay):
    """Nine inputs in ten are the same empty cell, whose code is exact: no dead code goes there."""
    torch.manual_seed(0)
    empty = torch.full((DIMENSION,), 0.3)
    charged = 4 + inputs(shape=(300,))
    z = torch.cat([charged, empty.repeat(2700, 1)])
    codebook = Codebook(CODES, DIMENSION, ema_decay=ema_decay, replace_after=3).train()
    with torch.no_grad():
        codebook.vectors.mul_(0.001)[0] = empty
        codebook.vectors[1] = charged[0]
    if ema_decay is not None:
        codebook.ema_sums.copy_(codebook.vectors)

    for _ in range(2):
        codebook(z)
    assert codebook.idle[2:].eq(2).all()
    assert codebook.vectors[2:].abs().max() < 0.01
    codebook(z)  # the third step without use
    assert codebook.idle.eq(0).all()
    taken = (codebook.vectors[2:, None] == charged).all(-1)
    assert taken.any(1).all()
    assert taken.any(0).sum() == CODES - 2  # no two codes at one place
    assert codebook.nearest(empty[None]).item() == 0
    used = codebook.nearest(charged)
    assert len(used.unique()) >= CODES - 2


def test_used_codes_are_not_replaced_and_replacement_waits_for_distinct_inputs():
    torch.manual_seed(0)
    codebook = Codebook(CODES, DIMENSION, replace_after=1).train()
    z = torch.cat([codebook.vectors.detach()[:5], 9 + torch.zeros(50, DIMENSION)])
    codebook(z)
    kept = codebook.nearest(z[:5])
    assert torch.equal(kept, torch.arange(5))
    at_nine = (codebook.vectors == 9).all(1)
    assert at_nine.sum() == 1  # fifty equal inputs, one code


def test_idle_steps_survive_a_checkpoint_and_the_draw_is_torchs_own():
    def trained(interrupted: bool) -> Tensor:
        torch.manual_seed(5)
        codebook = Codebook(CODES, DIMENSION, ema_decay=0.9, replace_after=2).train()
        for step in range(6):
            if interrupted and step == 3:
                state, noise = copy.deepcopy(codebook.state_dict()), torch.get_rng_state()
                torch.manual_seed(99)
                codebook = Codebook(CODES, DIMENSION, ema_decay=0.9, replace_after=2).train()
                codebook.load_state_dict(state)
                torch.set_rng_state(noise)
            codebook(3 * inputs(step, shape=(40,)))
        return codebook.vectors

    assert torch.equal(trained(False), trained(True))


def test_k_means_finds_clusters_however_many_cells_are_empty():
    generator = torch.Generator().manual_seed(3)
    centres = 10 * torch.randn((20, DIMENSION), generator=generator)
    points = centres.repeat_interleave(30, 0)
    points = points + 0.1 * torch.randn(points.shape, generator=generator)
    empty = torch.zeros(5000, DIMENSION)
    torch.manual_seed(0)
    codebook = Codebook(40, DIMENSION)
    codebook.start(torch.cat([points, empty]))
    vectors = codebook.vectors.detach()
    assert torch.cdist(points, vectors).min(1).values.max() < 1.0
    assert (vectors == 0).all(1).sum() == 1
    assert len(codebook.nearest(points).unique()) == 39


def test_k_means_with_fewer_inputs_than_clusters_takes_each_once():
    points = inputs(shape=(7,))
    centres = k_means(points, 20, iterations=3)
    assert torch.equal(centres.sort(0).values, points.sort(0).values)
    codebook = Codebook(CODES, DIMENSION)
    rest = codebook.vectors.detach()[7:].clone()
    codebook.start(points.repeat(4, 1))
    assert torch.equal(codebook.vectors[7:], rest)


def test_float32_within_bfloat16_autocast():
    """Nearest vectors by bfloat16 distances would be others."""
    codebook = Codebook(CODES, DIMENSION)
    with torch.autocast("cpu", torch.bfloat16):
        found = codebook(inputs())
    assert found.vectors.dtype == torch.float32
    assert torch.equal(found.codes, codebook.nearest(inputs()))

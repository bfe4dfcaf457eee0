"""Samples on disk: the same images whoever makes them."""

import os
import signal
import threading
import time

import numpy as np
import pytest
import torch

from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_concatenation import concatenate
from darkpixel.formats.image_file import ImageFile
from darkpixel.models.base import GenerativeModel
from darkpixel.models.build import build_model
from darkpixel.models.sample_file import shard_blocks, write_shard

ABOUT = {"dataset": "jets", "label": "signal", "pixel_size": 0.1, "unit": "GeV"}


@pytest.fixture(scope="module")
def model():
    model = build_model({"model": "sarm", "layers": 1, "units": 16}, (6, 6), seed=1)
    images = torch.rand(64, 6, 6) * 9 * (torch.rand(64, 6, 6) < 0.3)
    model.fit_to_data(lambda: iter([images]))
    return model.eval()


def write(model, path, shard=0, shards=1, seed=5, cores=1):
    blocks = shard_blocks(100, 16, shard, shards)
    write_shard(
        model, path, images=100, block_size=16, blocks=blocks, seed=seed, about=ABOUT,
        source="test", config_digest="0", cores=cores,
    )  # fmt: skip
    return path


def images_of(path):
    with ImageFile(path) as file:
        return file.read()


@pytest.mark.parametrize("shards", [2, 3, 7])
def test_any_number_of_shards_gives_the_same_file(model, tmp_path, shards):
    whole = write(model, tmp_path / "whole.h5")
    parts = [write(model, tmp_path / f"{i}.h5", i, shards) for i in range(shards)]
    concatenate(parts, tmp_path / "joined.h5")
    assert (tmp_path / "joined.h5").read_bytes() == whole.read_bytes()
    assert len(images_of(whole)) == 100


def test_blocks_cover_all_images_once():
    for shards in (1, 2, 5, 7):
        blocks = [block for i in range(shards) for block in shard_blocks(100, 16, i, shards)]
        assert blocks == list(range(7))


def test_seeds_and_blocks_differ(model, tmp_path):
    first = images_of(write(model, tmp_path / "a.h5"))
    other = images_of(write(model, tmp_path / "b.h5", seed=6))
    assert not np.array_equal(first, other)
    assert not np.array_equal(first[:16], first[16:32])


@pytest.mark.parametrize("cores", [1, 2])
def test_conditions_go_to_their_images_whatever_the_shards_and_cores(tmp_path, cores):
    """The image at i is drawn for the value at i, in any block of any shard, on any core."""
    encoder = {"model": "vqvae", "codes": 8, "dimension": 4}
    keys = {"model": "vqvae_pixelcnn", "filters": 4, "blocks": 1, "condition": "species"}
    settings = {**keys, "species": [11, 2212], "autoencoder": encoder}
    conditioned = build_model(settings, (8, 8), seed=1).eval()
    assert isinstance(conditioned, GenerativeModel)
    species = np.random.default_rng(2).choice([11, 2212], 100)
    for shard in range(3):
        write_shard(
            conditioned, tmp_path / f"{shard}.h5", images=100, block_size=16,
            blocks=shard_blocks(100, 16, shard, 3), seed=5, about=ABOUT, source="test",
            config_digest="0", conditions={"species": species}, cores=cores,
        )  # fmt: skip
    concatenate([tmp_path / f"{shard}.h5" for shard in range(3)], tmp_path / "joined.h5")
    with ImageFile(tmp_path / "joined.h5") as file:
        assert file.column("species").tolist() == species.tolist()


@pytest.mark.parametrize("cores", [2, 4])
def test_any_number_of_cores_gives_the_same_file(model, tmp_path, cores):
    alone = write(model, tmp_path / "alone.h5")
    shared = write(model, tmp_path / "shared.h5", cores=cores)
    assert shared.read_bytes() == alone.read_bytes()


def test_no_more_cores_are_used_than_there_are_blocks(model, tmp_path, caplog):
    with caplog.at_level("INFO", "darkpixel"):
        write(model, tmp_path / "a.h5", 0, 7, cores=3)  # a seventh of the seven blocks
        write(model, tmp_path / "b.h5", 0, 3, cores=3)  # two of them
    first, second = (record.message for record in caplog.records)
    assert first.endswith("on 1 core")
    assert second.endswith("on 2 cores")


def test_an_error_of_a_worker_is_that_of_the_job(model, tmp_path, monkeypatch):
    def fail(n, *, generator):
        raise DarkpixelError("model sarm: train it first.")

    monkeypatch.setattr(model, "sample_events", fail)
    with pytest.raises(DarkpixelError) as caught:
        write(model, tmp_path / "a.h5", cores=2)
    assert str(caught.value) == "model sarm: train it first."
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_job_in_one_line_and_leaves_nothing(model, tmp_path, monkeypatch, number):
    before = signal.getsignal(number)
    notes = tmp_path / "notes"
    notes.mkdir()

    def wait(n, *, generator):
        (notes / str(os.getpid())).touch()
        time.sleep(60)

    monkeypatch.setattr(model, "sample_events", wait)

    def send():
        while len(list(notes.iterdir())) < 2:
            time.sleep(0.02)
        os.kill(os.getpid(), number)

    sender = threading.Thread(target=send)
    sender.start()
    with pytest.raises(DarkpixelError, match=f"a.h5: stopped by {number.name}; nothing was kept"):
        write(model, tmp_path / "a.h5", cores=2)
    sender.join()
    assert list(tmp_path.iterdir()) == [notes]
    assert signal.getsignal(number) is before
    for name in notes.iterdir():
        with pytest.raises(ProcessLookupError):
            os.kill(int(name.name), 0)

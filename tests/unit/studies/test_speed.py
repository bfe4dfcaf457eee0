"""Speed with a clock that the test drives; likelihood per pixel."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from image_files import write_images
from repository import PUBLISHED
from sarm_toys import discrete, make_sarm, toy_images

from darkpixel.config.names import MONTE_CARLO
from darkpixel.metrics.published import with_published_speed
from darkpixel.models.folder import save_model
from darkpixel.models.workers import CAN_FORK
from darkpixel.studies.dataset_speed import dataset_speeds
from darkpixel.studies.density import Bits, bits_per_pixel, density_row
from darkpixel.studies.simulation_speed import conditions
from darkpixel.studies.speed import (
    Collisions,
    Rate,
    batch_choices,
    sampling_rate,
    simulation_rate,
    speed_row,
    speed_rows,
)
from darkpixel.tables.likelihood import likelihood_table
from darkpixel.tables.speed import speed_table


class Machine:
    """Work that takes a known time, and the clock that shows it.

    Args:
        cost: seconds for so many images.
        slow: number of the call, from one -> its seconds, whatever the images.
    """

    def __init__(self, cost, slow=None):
        self.cost, self.slow, self.now = cost, slow or {}, 0.0
        self.calls: list[int] = []

    def __call__(self, images):
        self.calls.append(images)
        self.now += self.slow.get(len(self.calls), self.cost(images))

    def clock(self):
        return self.now


def test_batches_end_at_the_largest():
    assert batch_choices(1024) == [64, 256, 1024]
    assert batch_choices(1000) == [64, 256, 1000]
    assert batch_choices(12) == [12]


def test_the_fastest_batch_is_measured():
    # An overhead of 1 s a batch, and a cost per image that explodes beyond 256.
    machine = Machine(lambda n: 1 + n * (0.01 if n <= 256 else 0.1))
    rate = sampling_rate(machine, [64, 256, 1024], 200.0, machine.clock)
    assert rate.batch == 256
    assert rate.value == pytest.approx(256 / 3.56)
    assert rate.error == pytest.approx(0)
    assert rate.repetitions == math.ceil(200 / 3.56)


def test_of_equally_fast_batches_the_smallest_is_taken():
    machine = Machine(lambda n: n / 10)
    assert sampling_rate(machine, [64, 256, 1024], 1000.0, machine.clock).batch == 64


def test_an_overhead_does_not_end_the_search_early():
    machine = Machine(lambda n: 4 + n / 1000)
    assert sampling_rate(machine, [64, 256, 1024], 5.0, machine.clock).batch == 1024


def test_no_larger_batch_is_tried_after_one_that_took_too_long():
    machine = Machine(lambda n: n / 10)
    rate = sampling_rate(machine, [64, 256, 1024], 0.6, machine.clock)
    assert set(machine.calls) == {64}
    assert rate.repetitions == 3


def test_the_images_of_all_cores_count():
    machine = Machine(lambda n: n / 10)  # on each core
    rate = sampling_rate(machine, [64, 256], 1000.0, machine.clock, cores=3)
    assert rate.value == pytest.approx(30)
    assert (rate.batch, rate.cores) == (64, 3)


def test_the_first_call_does_not_count():
    machine = Machine(lambda n: 1.0, slow={1: 100.0})
    assert sampling_rate(machine, [64], 5.0, machine.clock).value == pytest.approx(64)


def test_the_median_forgives_an_interruption():
    machine = Machine(lambda n: 1.0, slow={4: 50.0})
    rate = sampling_rate(machine, [64], 54.0, machine.clock)
    assert rate.value == pytest.approx(64)
    assert rate.error > 10


class Simulation(Machine):
    """Collisions in batches of 200, of which a share gives an image."""

    def __init__(self, speed, accepted, start=7.0):
        super().__init__(lambda n: start + self.collisions(n).made * accepted / speed)
        self.accepted = accepted

    def collisions(self, images):
        needed = math.ceil(images / self.accepted)
        return Collisions(math.ceil(needed / 200) * 200, needed)

    def __call__(self, images):
        super().__call__(images)
        return self.collisions(images)


@pytest.mark.parametrize("accepted", [0.01, 0.3])
@pytest.mark.parametrize("speed", [2.0, 34.0, 5000.0])
def test_neither_start_nor_batches_of_collisions_bias_a_simulation(speed, accepted):
    machine = Simulation(speed, accepted)
    rate = simulation_rate(machine, 6.0, machine.clock)
    assert rate.value == pytest.approx(speed, rel=0.02)
    assert rate.start_up == pytest.approx(7.0 + 200 * accepted / speed)
    assert rate.repetitions == 3


def test_two_cores_simulate_twice_as_much_in_the_same_time():
    alone = Simulation(100.0, 0.3)

    def twice(images):
        return Collisions(*(2 * count for count in alone(images)))

    rate = simulation_rate(twice, 6.0, alone.clock, cores=2)
    assert rate.value == pytest.approx(200.0, rel=0.02)
    assert rate.cores == 2


def test_a_start_that_varies_does_not_make_a_simulation_infinitely_fast():
    machine = Simulation(1000.0, 0.3)
    jitter = iter([0.0, 0.2, 0.4, 0.0, 0.3, 0.1] * 10)
    plain = machine.clock

    def simulate(images):
        machine.now -= next(jitter)  # a start that was quicker this time
        return machine(images)

    rate = simulation_rate(simulate, 0.01, plain)
    assert rate.value == pytest.approx(1000.0, rel=0.5)


def test_every_model_is_measured_on_the_cores_that_it_is_given(tmp_path):
    about = {"dataset": "jets", "label": "signal", "pixel_size": 0.1, "unit": "GeV"}
    save_model(make_sarm(8, layers=1), tmp_path / "model", images=about, digest="0")
    found = dataset_speeds(
        "jets", [("sarm2_dd", "signal", str(tmp_path / "model"))], {"labels": ()}, label="signal",
        batches=[20], seconds=0.01, seed=1, device=torch.device("cpu"), threads=2,
    )  # fmt: skip
    (row,) = found.to_dict("records")
    assert row["threads"] == (2 if CAN_FORK else 1)
    assert row["n"] == 20
    assert row["value"] > 0


def rows(*entries):
    return speed_rows(
        [
            speed_row(
                model, Rate(value, 0.1 * value, 5, 64, cores=2), dataset="jets", label=label,
                device="cpu", hardware="a machine", condition="pile-up" if label == "own" else "",
            )
            for model, label, value in entries
        ]
    )  # fmt: skip


def test_ratios_are_to_the_simulation_of_the_label(tmp_path):
    found = rows(
        ("lagan", "joint", 500.0),
        ("sarm2_dd", "signal", 200.0),
        (MONTE_CARLO, "signal", 20.0),
        (MONTE_CARLO, "background", 10.0),
        ("sarm2_dd_sums", "background", 100.0),
    ).set_index(["model", "label"])
    assert next(iter(found.index.get_level_values(0))) == MONTE_CARLO
    ratio = found["ratio_to_monte_carlo"]
    assert ratio["lagan", "joint"] == pytest.approx(25)
    assert ratio["sarm2_dd", "signal"] == pytest.approx(10)
    assert ratio["sarm2_dd_sums", "background"] == pytest.approx(10)
    assert (ratio[MONTE_CARLO] == 1).all()
    assert found.loc[("sarm2_dd", "signal"), "ratio_error"] == pytest.approx(10 * 0.1 * 2**0.5)
    compared = with_published_speed(found.reset_index(), PUBLISHED)
    published = compared.set_index(["model", "label"])["published"]
    assert published["sarm2_dd", "signal"] == 1612
    assert np.isnan(published["sarm2_dd_sums", "background"])  # a variant
    assert with_published_speed(found.reset_index(), None)["published"].isna().all()
    speed_table(compared, tmp_path / "t")
    text = (tmp_path / "t.md").read_text(encoding="utf-8")
    assert "LAGAN" in text
    assert "published" in text
    assert "a machine" in text
    assert "10176" in text


def test_without_simulation_there_is_no_ratio():
    assert rows(("lagan", "joint", 500.0))["ratio_to_monte_carlo"].isna().all()


def test_a_model_slower_than_the_simulation_is_called_so(tmp_path):
    found = rows(
        (MONTE_CARLO, "own", 100.0),
        ("lagan", "own", 500.0),
        ("sarm2_dd", "own", 50.0),
        ("sarm2_dc", "own", 95.0),
    )
    speed_table(with_published_speed(found, None), tmp_path / "t")
    text = (tmp_path / "t.md").read_text(encoding="utf-8")
    assert "published" not in text.lower()  # of these images the paper says nothing
    lines = {line.split("|")[1].strip(): line for line in text.splitlines() if line.count("|") > 3}
    last = {name: line.split("|")[-2].strip() for name, line in lines.items()}
    assert list(last.values())[2:] == [
        "pile-up",
        "pile-up",
        "slower than the simulation; pile-up",
        "slower than the simulation, within the error; pile-up",
    ]
    assert "Every model and the simulation had 2 cores of the CPU" in text


def test_a_gpu_is_compared_with_the_simulation_on_the_cores_that_it_had(tmp_path):
    found = rows((MONTE_CARLO, "signal", 100.0), ("lagan", "signal", 500.0))
    found.loc[found["model"] == "lagan", "device"] = "a GPU"
    speed_table(with_published_speed(found, None), tmp_path / "t")
    text = (tmp_path / "t.md").read_text(encoding="utf-8")
    assert "Models on a GPU are compared with the simulation on 2 cores of the CPU." in text


def test_cores_that_differ_are_stated(tmp_path):
    found = rows((MONTE_CARLO, "signal", 100.0), ("lagan", "signal", 500.0))
    found.loc[found["model"] == MONTE_CARLO, "threads"] = 1
    speed_table(with_published_speed(found, None), tmp_path / "t")
    text = (tmp_path / "t.md").read_text(encoding="utf-8")
    assert "models had 2 cores of the CPU. The simulation had 1 core of the CPU." in text


@torch.no_grad()
def log_density(model, images):
    found = model.log_density(images)
    assert found is not None
    return found.double()


def test_bits_per_pixel_are_the_mean_density(tmp_path):
    images = toy_images(21, 8, seed=5)
    images[3] = 0  # a blank one
    path = write_images(tmp_path / "test.h5", images)
    model = make_sarm(8, likelihood="truncated_logistic", layers=1, noise=0.01)
    found = bits_per_pixel(model, path, 20, path, batch=7)
    assert found is not None
    bits, lost = found.of_images, found.rounded_to_zero
    expected = -log_density(model, images[:20]) / (64 * math.log(2))
    np.testing.assert_allclose(bits, expected, rtol=1e-5)
    assert lost == 0
    assert found.draws == 0
    row = density_row([found], model="sarm2_dc", dataset="jets", label="signal")
    assert row["value"] == pytest.approx(bits.mean())
    assert row["n"] == 20


def test_pixels_that_the_grid_drops_are_counted(tmp_path):
    images = toy_images(30, 8, seed=5)
    path = write_images(tmp_path / "test.h5", images)
    model = make_sarm(8, power=1.0, layers=1, noise=0.01)
    found = bits_per_pixel(model, path, 30, path)
    assert found is not None
    bits, lost = found.of_images, found.rounded_to_zero
    step = float(discrete(model.stages[0]).grid[0])
    dropped = ((images > 0) & (images < step / 2)).sum() / (images > 0).sum()
    assert lost == pytest.approx(float(dropped), abs=0.01)
    assert lost > 0.01
    as_zeros = -log_density(model, images).mean() / (64 * math.log(2))
    assert bits.mean() > as_zeros  # dropping pixels must not pay


def test_models_without_likelihood_show_a_dash(tmp_path):
    path = write_images(tmp_path / "test.h5", toy_images(4, 8))
    model = make_sarm(8, totals=True, layers=1)
    assert bits_per_pixel(model, path, 4, path) is None
    none = density_row([None], model="lagan", dataset="jets", label="signal")
    known = density_row(
        [Bits(np.full(4, 0.5), 0.0), Bits(np.full(4, 0.7), 0.0)], model="sarm2_dd", dataset="jets",
        label="signal",
    )  # fmt: skip
    assert known["value"] == pytest.approx(0.6)
    assert known["seed_spread"] == pytest.approx(0.1414, 1e-3)
    likelihood_table(pd.DataFrame([none, known]), tmp_path / "t")
    lines = (tmp_path / "t.md").read_text(encoding="utf-8").splitlines()
    assert "–" in next(line for line in lines if "LAGAN" in line)


def test_conditions_of_a_simulation_name_what_makes_it_faster():
    muons = {"multi_parton_interactions": False, "forced_b_to_muon": True}
    forced = conditions(muons, "background", start_up=0.23, from_pool=True)
    assert forced == (
        "multi-parton interactions off, start of 0.2 s left out, b hadrons decay to muons, "
        "pile-up from a pool, made before; pT not yet matched"
    )
    assert "b hadrons" not in conditions(muons, "signal", start_up=0.2, from_pool=True)
    argon = conditions({"pixel_size": 0.5}, "all", start_up=0.1, from_pool=False)
    assert argon == (
        "compact simulator, not Geant4; all three projections, start of 0.1 s left out"
    )
    jets = conditions({"multi_parton_interactions": True}, "signal", start_up=1, from_pool=False)
    assert jets == "multi-parton interactions on, start of 1.0 s left out"

"""The test configuration on a real Slurm: GPU jobs find the GPU node, results equal local ones."""

import re
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
from projects import Project
from safetensors.numpy import load_file
from slurm_cluster import Cluster, SlurmRun, running_cluster

TABLE = "results/test/tables/sarm/table1_jet_wasserstein.csv"  # both labels, both models
RUNS = [
    f"jets/{label}/{model}/seed1"
    for label in ("signal", "background")
    for model in ("pixelcnnpp", "sarm2_dd")
]

# Two models are enough.
SMALL = "datasets: {jets: {models: [pixelcnnpp, sarm2_dd], selection: null}}"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster() as cluster:
        yield cluster


def copy_of_project(folder: Path) -> Path:
    Project(folder)
    (folder / "small.yaml").write_text(SMALL)
    return folder


def test_slurm_equals_local(cluster: Cluster, tmp_path: Path) -> None:
    local, remote = (copy_of_project(tmp_path / name) for name in ("local", "remote"))
    runs = [SlurmRun(local, None, TABLE), SlurmRun(remote, cluster, TABLE)]
    runs[0].start()
    runs[1].start("--retries", "0")  # an error shows at once
    try:
        for run in runs:
            assert run.finish() == 0, run.messages[-5000:]
    finally:
        for run in runs:
            run.stop()

    logs = [
        f"results/test/logs/{log}.log"
        for name in RUNS
        for log in (f"models/{name}", f"samples/{name}")
    ]
    for log in logs:
        assert re.search(r"node=gpu1 CUDA_VISIBLE_DEVICES=\d", (remote / log).read_text()), log
        assert "node=gpu1" not in (local / log).read_text(), log

    jobs = cluster.jobs()
    for job in jobs:
        rule = job["Comment"]
        wants_gpu = "train_model" in rule or "sample_whole" in rule
        assert job.get("TresPerJob") == ("gres:gpu:1" if wants_gpu else None), rule
        assert job["NodeList"].startswith("gpu" if wants_gpu else "cpu"), rule
    # More than these: the table also says which trainings of the data set had levelled off.
    assert sum("TresPerJob" in job for job in jobs) >= len(logs)
    assert any("simulate_jets" in job["Comment"] for job in jobs)

    for name in RUNS:
        weights = f"results/test/models/{name}/model.safetensors"
        expected, found = load_file(local / weights), load_file(remote / weights)
        assert expected.keys() == found.keys()
        for key, values in expected.items():
            np.testing.assert_array_equal(found[key], values, err_msg=f"{name}: {key}")
        samples = f"results/test/samples/{name}.h5"
        with h5py.File(local / samples) as first, h5py.File(remote / samples) as second:
            np.testing.assert_array_equal(first["images"], second["images"], err_msg=name)
            assert len(first["images"]) > 0
    assert (remote / TABLE).read_bytes() == (local / TABLE).read_bytes()
    assert len((local / TABLE).read_text().splitlines()) > 1

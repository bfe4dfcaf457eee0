"""Planning a run is quick: it imports no torch, which would cost seconds at every start."""


def test_a_run_is_planned_without_torch(project, tmp_path):
    (tmp_path / "torch.py").write_text("raise ImportError('planning imports torch')\n")
    done = project.snakemake("-n", "--configfile", "config/test.yaml", PYTHONPATH=str(tmp_path))
    assert done.returncode == 0, done.stdout[-3000:]

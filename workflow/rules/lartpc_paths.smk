"""Requires: common.smk. Gives: paths and lists of the liquid-argon study."""


def judge_files(wildcards):
    """Weights and configuration of the judge: the user's own, or trained here."""
    folder = run.judges.ssnet.weights or f"{RESULTS}/judges/ssnet/seed{run.seeds[0]}"
    if folder.endswith(".safetensors"):
        folder = f"{RESULTS}/judges/ssnet/imported"
    return {"weights": f"{folder}/model.safetensors", "config": f"{folder}/config.yaml"}


def labelled_images(wildcards):
    dataset, label, source = wildcards
    if source == "test":
        return test_files(dataset)[label]
    return f"{RESULTS}/samples/{dataset}/{label}/{source}.h5"


def labels(source):
    """The judge's labels of LArTPC images: `test`, or a model and a seed."""
    return f"{RESULTS}/judges/ssnet/labels/lartpc/all/{source}.h5"


def lartpc_entry(model):
    """The configuration of a model as it is on the LArTPC images."""
    return run.model(model, "lartpc", "all")


def pixelcnns():
    """Models of LArTPC images that are priors of codes."""
    return [model for model in DATASETS["lartpc"].models if lartpc_entry(model).autoencoder]


def snapshots(model):
    return lartpc_entry(model).training.snapshots


def snapshot_labels(model, seed, epoch):
    """The judge's labels of a snapshot's images; the last epoch's are the trained model's own."""
    training = lartpc_entry(model).training
    whole = training.keep == "last" and training.early_stopping is None
    last = whole and epoch == training.epochs
    return labels(f"{model}/seed{seed}" if last else f"{model}/seed{seed}-epoch{epoch}")


def label_sources():
    """(model, seed, label file) of everything that the judge compares with the test images.

    Snapshots are models called `{model}-epoch{epoch}`; reconstructions belong to the autoencoder.
    """
    found = []
    for model in DATASETS["lartpc"].models:
        for seed in run.seeds:
            for epoch in snapshots(model):
                path = snapshot_labels(model, seed, epoch)
                found.append((f"{model}-epoch{epoch}", seed, path))
            found.append((model, seed, labels(f"{model}/seed{seed}")))
    for name in autoencoders("lartpc", "all"):
        seed = run.seeds[0]
        found.append((f"reconstructed_{name}", seed, labels(f"reconstructed_{name}/seed{seed}")))
    return found


def accuracy_files(wildcards):
    """Test images with true labels and the judge's labels of them, in the order of `ARGON`."""
    return {
        "truth": [f"{RESULTS}/data/{name}/all/test.h5" for name in ARGON],
        "labels": [f"{RESULTS}/judges/ssnet/labels/{name}/all/test.h5" for name in ARGON],
    }


MAIN, FEWER_CODES, REFERENCE_CODE = (
    "vqvae_pixelcnn",
    "vqvae_pixelcnn_256",
    "vqvae_pixelcnn_reference_code",
)


def conditioned():
    """Priors that are told the species."""
    return [model for model in pixelcnns() if lartpc_entry(model).settings.get("condition")]


def main_autoencoder():
    """The autoencoder of the paper's model."""
    return lartpc_entry(MAIN).autoencoder


def over_same_codes():
    """The priors of the codes of the paper's autoencoder: what differs is the prior alone."""
    return [
        model
        for model in pixelcnns()
        if lartpc_entry(model).autoencoder == main_autoencoder()
        and model not in conditioned()  # their -log p is given more
    ]


def reconstructed(autoencoder):
    """The LArTPC test images through an autoencoder."""
    return f"{RESULTS}/samples/lartpc/all/reconstructed_{autoencoder}/seed{run.seeds[0]}.h5"


def lartpc_figure(figure, module, **more):
    """Params of a figure of the LArTPC paper, drawn by the function of that name."""
    return {
        "figure": figure,
        "model": MAIN,
        "source": DATASETS["lartpc"].source,
        "settings": run.evaluation.lartpc.model_dump(),
        "code": code_digest(module),
        **more,
    }


def judge_images():
    """What an imported judge takes: the scale of `lartpc`, on which it is to be used."""
    data = DATASETS.get("lartpc")
    if data is None:
        return {}
    return {
        "dataset": "lartpc_vertex",
        "label": "all",
        "pixel_size": data.simulation.pixel_size,
        "unit": "0.255 MeV",
        "pixels": data.imaging.pixels,
    }

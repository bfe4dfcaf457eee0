"""Requires: common.smk, sarm_paths.smk, lartpc_paths.smk. Gives: what models are compared by:
speed, likelihood, classifiers, two-sample tests."""

# Liquid argon counts where its models are measured (lartpc_measure.smk).
COMPARED = [name for name in [*SARM_DATA, *OWN] if DATASETS[name].models]
if "lartpc" in DATASETS and MAIN in DATASETS["lartpc"].models:
    COMPARED.append("lartpc")
SPEED_TABLES = {
    "jets": ("sarm/table2_jet_speed", "Table 2: speed of jet image generation"),
    "muons": ("sarm/table4_muon_speed", "Table 4: speed of muon image generation"),
}


def timed_models(dataset):
    """(model, label that it was trained on, folder), for the first label and seed."""
    first = DATASETS[dataset].labels[0]
    return [
        (model, label, trained(dataset, label, model, run.seeds[0]))
        for model in DATASETS[dataset].models
        for label in [training_label(first, model)]
    ]


def scored_models(dataset):
    """(model, label, training images, test images, folder of each seed)."""
    data = f"{RESULTS}/data/{dataset}"
    return [
        (
            model,
            label,
            f"{data}/{label}/train.h5",
            test,
            [trained(dataset, own, model, seed) for seed in run.seeds],
        )
        for model in DATASETS[dataset].models
        for label, test in test_files(dataset).items()
        for own in [training_label(label, model)]
    ]


def weight_files(folders):
    return [f"{folder}/model.safetensors" for folder in dict.fromkeys(folders)]


def speed_inputs(wildcards):
    """The models, and the pile-up that the simulation of muons takes its interactions from."""
    inputs = {"weights": weight_files(folder for _, _, folder in timed_models(wildcards.dataset))}
    data = DATASETS[wildcards.dataset]
    if wildcards.dataset == "muons" and data.source == "simulate" and data.simulation.pileup > 0:
        inputs["pool"] = f"{RESULTS}/events/muons/pileup.h5"
    return inputs


def timed_simulation(dataset):
    """Labels whose simulation is timed, and its settings; of jets and muons that are simulated."""
    data = DATASETS[dataset]
    if dataset not in SARM_DATA or data.source != "simulate":
        return {"labels": ()}
    return {
        "labels": data.labels,
        "simulation": data.simulation.model_dump(),
        "imaging": data.imaging.model_dump(),
    }


def compared_code(wildcards, *modules):
    """Code of all models of a data set."""
    models = {
        f"models.{run.models[model].model}.model" for model in DATASETS[wildcards.dataset].models
    }
    return code_digest(*sorted(models), *modules)


def prefixed(*tables):
    """Both files of several tables, `likelihood_csv` and so on; tables: (stem, caption)."""
    return {
        f"{Path(stem).name}_{suffix}": path
        for stem, caption in tables
        for suffix, path in tabulated(stem, caption, "All models").items()
    }


def compared_rows(kind):
    return [f"{RESULTS}/metrics/{dataset}_{kind}.parquet" for dataset in COMPARED]


TESTED = [name for name in COMPARED if name not in ARGON]
CLASSIFIED = [name for name in TESTED if len(DATASETS[name].labels) == 2]
ROC_STEMS = {"jets": "sarm/fig09_jet_roc", "muons": "sarm/fig14_muon_roc"}
ROC = {ROC_STEMS.get(name, f"own/{name}_roc"): name for name in CLASSIFIED}
ROC_FIGURES = [f"{FIGURES}/{stem}.{suffix}" for stem in ROC for suffix in ("pdf", "png")]
CLASSIFIER_TABLES = [
    f"{TABLES}/sarm/classifier_auc.{suffix}" for suffix in ("csv", "md") if CLASSIFIED
]


def classifier_sources(dataset):
    """Simulated training images, then the images of every model."""
    return ["monte_carlo", *DATASETS[dataset].models]


def classifier_images(wildcards):
    """Label to image files, signal first; of a model, one a seed."""
    dataset, source = wildcards.dataset, wildcards.source
    labels = DATASETS[dataset].labels
    if source == "monte_carlo":
        return {label: [f"{RESULTS}/data/{dataset}/{label}/train.h5"] for label in labels}
    return {label: sample_files(dataset, label)[source] for label in labels}


def classifier_image_count(wildcards):
    """Images per class, for every source the same: as many as the poorest has."""
    data = DATASETS[wildcards.dataset]
    there = min(data.images.train, sample_count(wildcards.dataset))
    return min(there, run.judges.classifier.images or there)


def classifier_scores(dataset):
    folder = f"{RESULTS}/judges/classifier/{dataset}"
    return [f"{folder}/{source}/scores.parquet" for source in classifier_sources(dataset)]


TWO_SAMPLE = run.evaluation.two_sample
TWO_SAMPLE_TABLES = {
    "two_sample": "sarm/two_sample_auc",
    "distances": "sarm/physics_distances",
    "memorisation": "sarm/memorisation",
}


def two_sample_tables(kind):
    """Outputs `{name}_csv` and `{name}_md` of the tables, by `tabulated`."""
    return {
        f"{name}_{suffix}": path
        for name, stem in TWO_SAMPLE_TABLES.items()
        for suffix, path in tabulated(stem, Path(stem).name, "SARM: distances").items()
        if suffix == kind
    }


def all_measured(*kinds):
    """A measure of every data set and label."""
    return [path for kind in kinds for dataset in TESTED for path in measured(dataset, kind)]

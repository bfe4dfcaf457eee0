"""A condition is refused where the images have no such column, in one line and before any job."""

import pytest
from repository import CONFIG

from darkpixel.config.conditions import known_columns
from darkpixel.config.loading import load_run, read_yaml
from darkpixel.config.names import JETS, LARTPC, LARTPC_VERTEX, MUONS
from darkpixel.datasets.lagan_jets import COLUMNS as LAGAN_COLUMNS
from darkpixel.errors import DarkpixelError
from darkpixel.formats.initial_state import DIRECTION, START
from darkpixel.simulation.argon.events import COLUMNS as ARGON_COLUMNS
from darkpixel.simulation.jets.images import IMAGE_COLUMNS
from darkpixel.simulation.muons.simulation import COLUMNS as MUON_COLUMNS


def load(tmp_path, text):
    """`config.yaml` under an overlay with this text."""
    overlay = tmp_path / "mine.yaml"
    overlay.write_text(text)
    files = [CONFIG / "config.yaml", overlay]
    return load_run(read_yaml(*files), files)


def test_conditions_that_the_images_have_are_taken(tmp_path):
    """Columns of the simulations, of the public files, of LArCV files, and those of the user's."""
    load(
        tmp_path,
        "run: mine\n"
        "models:\n"
        "  mine:\n"
        "    variant_of: sparse_transformer\n"
        "    settings: {conditions: [temperature]}\n"
        "    where:\n"
        "      jets/signal: {settings: {conditions: [tau_21]}}\n"
        "      jets/background: {settings: {conditions: [jet_mass]}}\n"
        "      lartpc: {settings: {conditions: [species, start_row, direction_depth]}}\n"
        "datasets:\n"
        "  jets: {source: download, models: [mine]}\n"
        "  muons: {source: file, file: {a: a.h5, b: b.h5}, columns: [temperature],\n"
        "          models: [mine]}\n"
        "  lartpc: {source: file, file: {all: a.root}, models: [mine]}\n",
    )


def test_known_columns_are_those_that_are_stored():
    """By the simulations, and in the public file of jets."""
    config = load_run(read_yaml(CONFIG / "config.yaml")).datasets.present()
    config["public"] = config[JETS].model_copy(update={"source": "download"})
    known = {
        name: known_columns(JETS if name == "public" else name, config[name]) for name in config
    }
    numbers = {"event", "source_event", "chunk_seed"}
    vectors = {"start", "direction"}
    stored = {
        JETS: set(IMAGE_COLUMNS) - numbers,
        "public": set(LAGAN_COLUMNS),
        MUONS: set(MUON_COLUMNS) - numbers,
        LARTPC: (set(ARGON_COLUMNS["single"]) - numbers - vectors) | {*START, *DIRECTION},
        LARTPC_VERTEX: set(ARGON_COLUMNS["vertex"]) - numbers,
    }
    assert {name: set(columns or ()) for name, columns in known.items()} == stored


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "models: {sparse_transformer_conditional: {where: {muons: {settings: {conditions: "
            "[momentum]}}}}}\ndatasets: {muons: {models: [sparse_transformer_conditional]}}",
            "mine.yaml: datasets.muons.models.0: 'sparse_transformer_conditional' is conditioned "
            "on 'momentum', and the images of muons have no such column (known: muon_pt, muon_eta, "
            "pileup); give others under models.sparse_transformer_conditional.where.muons, or "
            "leave the model out",
        ),
        (
            "datasets: {jets: {source: file, file: {a: a.h5, b: b.h5}, columns: [sign], models: "
            "[mine]}}\nmodels: {mine: {variant_of: sparse_transformer, settings: {conditions: "
            "[class, sign, temperature]}}}\nsearch: {studies: {sarm: null, pixelcnnpp: null}}",
            "datasets.jets.models.0: 'mine' is conditioned on 'temperature', and the images of "
            "jets have no such column (known: class, sign); add it to datasets.jets.columns if",
        ),
        (
            "datasets: {lartpc: {source: file, file: {all: a.h5}, models: "
            "[vqvae_pixelcnn_species]}}",
            "'vqvae_pixelcnn_species' is conditioned on 'species', and the images of lartpc have",
        ),
        (
            "datasets: {lartpc: {models: [mine]}}\nmodels: {mine: {variant_of: "
            "sparse_transformer, settings: {conditions: [class]}}}",
            "a sparse_transformer learns to tell labels apart, and there is only 'all'; leave it",
        ),
        (
            "models: {mine: {variant_of: sparse_transformer, settings: {conditions: [momentum]}}}\n"
            "datasets: {jets: {orders: {row: mine}}}",
            "mine.yaml: datasets.jets.orders.row: 'mine' is conditioned on 'momentum', and the",
        ),
        (
            "models: {mine: {variant_of: sparse_transformer, settings: {conditions: [momentum]}}}\n"
            "search: {studies: {sarm: {model: mine}}}",
            "mine.yaml: search.studies.sarm.model: 'mine' is conditioned on 'momentum', and the",
        ),
    ],
)
def test_others_are_refused(tmp_path, text, expected):
    with pytest.raises(DarkpixelError) as error:
        load(tmp_path, text)
    line = str(error.value)
    assert expected in line
    assert "\n" not in line

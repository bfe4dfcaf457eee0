"""Colours of models: one each, told apart by readers with any colour vision; few curves a panel."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from repository import ROOT

from darkpixel.config.names import MONTE_CARLO
from darkpixel.config.yaml_files import load_yaml
from darkpixel.figures.curves import MOST_MODELS, in_groups
from darkpixel.figures.style import _COLOURS, _VARIANTS, line_style, line_styles, palette
from darkpixel.metrics.names import reconstructed, selected

# Machado, Oliveira, Fernandes 2009, linear RGB: full protanopia and deuteranopia.
VISION = {
    "normal": np.eye(3),
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
}
# Ottosson 2020, Oklab; distances in hundredths: below 2, two areas side by side are one colour.
_LMS = np.array([[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]])
_LAB = np.array([[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]])


def distance(first, second, vision):
    places = []
    for colour in (first, second):
        value = np.array(to_rgb(colour))
        linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
        seen = np.clip(np.asarray(VISION[vision]) @ linear, 0, 1)
        places.append(_LAB @ np.cbrt(_LMS @ seen))
    return 100 * np.linalg.norm(places[0] - places[1])


def nearest(colours, vision):
    return min(distance(*pair, vision) for pair in combinations(colours, 2))


def runs():
    """Models of each data set of the shipped runs, as figures draw them."""
    for name in ("config", "study", "paper"):
        for dataset, about in load_yaml((ROOT / f"config/{name}.yaml").read_text())[
            "datasets"
        ].items():
            models = (about or {}).get("models")
            if models:
                chosen = (about.get("selection") or {}).get("models", [])
                yield f"{name} {dataset}", [*models, *map(selected, chosen)]


PANELS = {
    f"{name} {number}": group
    for name, models in runs()
    for number, group in enumerate(in_groups(models))
}
PANELS["shapes by species"] = [
    reconstructed("vqvae"), reconstructed("vqvae_256"), "vqvae_pixelcnn_species",
    "sparse_transformer_conditional",
]  # fmt: skip


def test_at_most_five_curves_a_panel_and_each_model_in_one():
    names = [*_COLOURS, *_VARIANTS, "my_model", "another"]
    for count in range(len(names)):
        models = names[:count]
        groups = in_groups(models)
        assert all(len(group) + 1 <= MOST_MODELS + 1 == 5 for group in groups)
        assert sorted(model for group in groups for model in group) == sorted(
            set(models) - {MONTE_CARLO}
        )
        assert max(map(len, groups)) - min(map(len, groups)) <= 1


def test_the_papers_models_come_first():
    groups = in_groups(["sparse_transformer", "sarm2_dd_totals", "my_model", *list(_COLOURS)[1:7]])
    assert [model for group in groups for model in group][:6] == list(_COLOURS)[1:7]


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("panel", PANELS)
def test_the_curves_of_a_panel_are_told_apart(panel, vision):
    styles = line_styles([MONTE_CARLO, *PANELS[panel]])
    least = 15 if vision == "normal" else 10
    assert nearest([style["color"] for style in styles.values()], vision) > least


def test_each_model_has_a_colour_of_its_own_in_all_figures():
    models = [*_COLOURS, *_VARIANTS]
    assert nearest([line_style(model)["color"] for model in models], "normal") > 8
    bases = [line_style(model)["color"] for model in _COLOURS]
    for vision, least in (("normal", 14), ("protanopia", 7), ("deuteranopia", 7)):
        assert nearest(bases, vision) > least
    alone = {model: line_style(model) for model in models}
    assert line_styles(models) == alone
    assert all(line_style(model)["linestyle"] != "-" for model in _VARIANTS)


def test_models_that_nobody_knows_do_not_share_a_colour_in_a_panel():
    names = ["ab", "ba", "c_model", "model_c", "lagan"]  # the first two add to the same number
    assert line_style("ab") == line_style("ba")
    assert len({style["color"] for style in line_styles(names).values()}) == 5
    assert line_styles(names)["lagan"] == line_style("lagan")


@pytest.mark.parametrize("vision", VISION)
def test_what_is_no_model_is_told_apart_too(vision):
    colours = ["black", *(palette(number) for number in range(6))]
    assert nearest(colours[:5], vision) > 10
    assert nearest(colours, vision) > (10 if vision == "normal" else 5)

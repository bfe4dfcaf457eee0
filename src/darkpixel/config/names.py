"""Names that paths, files and rows of tables share: of data sets, labels and sources of images."""

JETS, MUONS = "jets", "muons"
LARTPC, LARTPC_VERTEX = "lartpc", "lartpc_vertex"

JOINT = "joint"
"""Label of the images of all labels together, and of the models trained on these (LAGAN)."""

MONTE_CARLO = "monte_carlo"
"""Source of simulated or given images, where a model's name stands for generated ones."""
PYTHIA = "Pythia 8"
"""Attribute `source` of our own simulated jets and muons."""
QUANTISED, RECONSTRUCTED = "quantised_", "reconstructed_"
"""Before a model's name: test images rounded to its grid, or encoded and decoded by it."""
SELECTED = "_selected"
"""After a model's name: its images, redrawn until their pT and mass fit ones drawn first."""
SPLITS = ("train", "validation", "test")
"""Of every data set, disjoint by event."""
CLASS = "class"
"""Column of a joint file: place of the image's label in the root attribute `classes`."""

OWN_IMAGES = "DARKPIXEL_OWN_IMAGES"
"""Environment variable of a run's jobs: data sets of a user's own files, between blanks."""
LICENCE = "MIT"
"""Of this project, as SPDX names it."""
MADE_BY = "DARKPIXEL_MADE_BY"
"""Environment variable of a run's jobs: the line that its figures carry in their metadata."""

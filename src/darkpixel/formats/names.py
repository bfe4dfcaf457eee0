"""Names that the image files and their paths share."""

SPLITS = ("train", "validation", "test")
"""Disjoint by event."""
JOINT = "joint"
"""The label under which models of all labels are trained (see `darkpixel.datasets.joint`)."""
CLASS = "class"
"""Column of a joint file: place of the image's label in the root attribute `classes`."""

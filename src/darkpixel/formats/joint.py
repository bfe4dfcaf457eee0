"""Names of what holds the images of all labels together (see `darkpixel.datasets.joint`)."""

JOINT = "joint"
"""The label under which the models of all labels are trained."""
CLASS = "class"
"""Column of a joint file: place of the image's label in the root attribute `classes`."""

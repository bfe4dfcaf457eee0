"""Units of charge in liquid-argon images, and what an image file says of them.

Raw images count charge in 0.01 MeV. Prepared ones are scaled to the range that the paper's networks
are trained on: its authors' code stores `img / 255 * 10`, so that one unit is 0.255 MeV; before
June 2021 it stored `img / max(img) * 10`.
"""

from collections.abc import Mapping
from typing import Any

from darkpixel.config.lartpc import ArgonImaging
from darkpixel.errors import DarkpixelError
from darkpixel.formats.units import energy_of

COUNT = 0.01
"""MeV per unit of a raw image."""
LARGEST = 10.0
"""Largest pixel after scaling, of 255 raw units (fixed) or of every image (maximum)."""
FULL_SCALE = 255.0
"""Raw units that the fixed scaling takes to `LARGEST`."""


def unit_of(imaging: ArgonImaging) -> str:
    """The attribute `unit` of images that were raw before they were scaled."""
    if imaging.scaling == "maximum":
        return f"1/{LARGEST:g} of the largest pixel"
    return f"{COUNT * FULL_SCALE / LARGEST:g} MeV"


def charge_per_unit(attributes: Mapping[str, Any]) -> float:
    """MeV per stored unit of an image file, from its attribute `unit` ("0.255 MeV": 0.255).

    Raises:
        DarkpixelError: the unit is no energy. Images scaled to their own maximum have the energy
            of a unit in the column `charge_scale` instead.
    """
    unit = attributes.get("unit")
    energy = energy_of(str(unit))
    if energy is None:
        name = "/".join(str(attributes.get(key, "?")) for key in ("dataset", "label", "split"))
        raise DarkpixelError(
            f"{name}: attribute unit is {unit!r}, no energy such as '0.255 MeV', so charges "
            "cannot be compared; prepare with `imaging.scaling: fixed`, or give the file such a "
            "unit."
        )
    return energy

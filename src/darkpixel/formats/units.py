"""The attribute `unit` of image files: which units are energies, and how to convert them."""

import re
from string import ascii_letters

from darkpixel.errors import DarkpixelError

GEV = "GeV"
"""Unit of the pixels of jets and muons, and of files of these that state none."""

_MEV = {"eV": 1e-6, "keV": 1e-3, "MeV": 1.0, "GeV": 1e3, "TeV": 1e6}
_ENERGY = re.compile(rf"(?:(\d+(?:\.\d+)?(?:e[-+]?\d+)?) ?)?({'|'.join(_MEV)})")


def energy_of(unit: str) -> float | None:
    """MeV per stored unit, or None where the unit is no energy.

    Example:
        >>> energy_of("0.255 MeV"), energy_of("GeV"), energy_of("ADC counts")
        (0.255, 1000.0, None)
    """
    match = _ENERGY.fullmatch(unit.strip())
    if match is None:
        return None
    return (float(match[1] or 1) * _MEV[match[2]]) or None


def check_stated(
    path: object,
    unit: str | None,
    other_path: object,
    other: str | None,
    *,
    remedy: str = "set its attribute unit",
) -> None:
    """Refuse two files of which one states its unit and the other does not.

    Jets and muons without a unit are in GeV, so a file that says so suits one that says nothing.

    Args:
        remedy: what the user can do; `{unit}` in it stands for the unit that the other file states.

    Raises:
        DarkpixelError: only one states a unit, and it is not GeV.
    """
    if (unit is None) != (other is None) and GEV not in (unit, other):
        silent, stated = (path, other_path) if unit is None else (other_path, path)
        raise DarkpixelError(
            f"{silent}: does not say in which unit its pixels are, but {stated} has "
            f"'{unit or other}'; {remedy.format(unit=unit or other)}."
        )


def conversion(path: object, stated: str, wanted: str) -> float:
    """What pixels in the unit `stated` have to be multiplied by to be in the unit `wanted`.

    Args:
        path: of the file that states the unit, for the message.

    Raises:
        DarkpixelError: one of the two is no energy, and they differ.
    """
    if stated == wanted:
        return 1.0
    one, other = energy_of(stated), energy_of(wanted)
    if one is None or other is None:
        hint = _hint(stated) if one is None else ""
        raise DarkpixelError(
            f"{path}: unit is '{stated}', which cannot be converted to '{wanted}'{hint} "
            f"(energies can: {', '.join(_MEV)}, '0.255 MeV'); convert the pixels and set it to "
            f"'{wanted}'."
        )
    return one / other


def _hint(unit: str) -> str:
    """The energy that was meant, perhaps, where only its capital letters are wrong."""
    name = unit[len(unit.rstrip(ascii_letters)) :]
    number = unit.removesuffix(name)
    meant = next((known for known in _MEV if known.lower() == name.lower()), None)
    return f"; did you mean '{number}{meant}'?" if meant else ""

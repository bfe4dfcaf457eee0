"""Units of pixels: energies are converted, anything else is taken only where both agree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darkpixel.errors import DarkpixelError
from darkpixel.formats.units import conversion, energy_of

PREFIXES = {"eV": 1e-6, "keV": 1e-3, "MeV": 1.0, "GeV": 1e3, "TeV": 1e6}
NUMBERS = st.floats(1e-3, 1e3).map(lambda value: round(value, 3))
UNITS = st.builds(lambda number, name: f"{number} {name}", NUMBERS, st.sampled_from([*PREFIXES]))


@given(number=NUMBERS, name=st.sampled_from([*PREFIXES]))
def test_energies(number: float, name: str) -> None:
    assert energy_of(name) == PREFIXES[name]
    assert energy_of(f" {number} {name}") == pytest.approx(number * PREFIXES[name])


@pytest.mark.parametrize("unit", ["", "ADC", "mev", "0 GeV", "-1 GeV", "GeV/c", "nan MeV", "GeV 2"])
def test_what_is_no_energy(unit: str) -> None:
    assert energy_of(unit) is None
    with pytest.raises(DarkpixelError, match=r"my\.h5: unit is .* cannot be converted"):
        conversion("my.h5", unit, "GeV")
    assert conversion("my.h5", unit, unit) == 1


@pytest.mark.parametrize(
    ("unit", "meant"),
    [("gev", "'GeV'"), ("0.255 MEV", "'0.255 MeV'"), ("ADC", None), ("gev/c", None)],
)
def test_capital_letters_are_corrected(unit: str, meant: str | None) -> None:
    with pytest.raises(DarkpixelError) as error:
        conversion("my.h5", unit, "keV")
    assert (f"did you mean {meant}?" in str(error.value)) == (meant is not None)


@given(one=UNITS, other=UNITS, third=UNITS)
def test_there_and_back_is_no_change(one: str, other: str, third: str) -> None:
    there, back = conversion("a", one, other), conversion("a", other, one)
    assert there * back == pytest.approx(1)
    assert there * conversion("a", other, third) == pytest.approx(conversion("a", one, third))

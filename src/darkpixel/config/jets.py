"""Settings of the jet images: simulation with Pythia 8, and imaging."""

from typing import Literal

from pydantic import Field, field_validator

from darkpixel.config.base import Settings, ascending


class JetSimulation(Settings):
    """The Pythia 8 recipe, after SARM section 2.1 and the LAGAN data it uses."""

    energy: float = Field(14000.0, gt=0, description="centre-of-mass energy, GeV (SARM 2.1)")
    resonance_mass: float = Field(
        600.0, gt=0, description="mass of the W' that decays to W Z, GeV (signal only)"
    )
    pt_hat: tuple[float, float] = Field(
        (170.0, 400.0),
        description="range of the hard process's transverse momentum, GeV (background only)",
    )
    multi_parton_interactions: bool = Field(
        True,
        description="multi-parton interactions; without them 5 times faster and less realistic",
    )
    jet_radius: float = Field(1.0, gt=0, le=1.5, description="anti-kT radius of the jet")
    jet_pt: tuple[float, float] = Field(
        (200.0, 300.0), description="window of the trimmed jet's pT, GeV (SARM 2.1)"
    )
    jet_eta_max: float = Field(2.0, gt=0, description="largest |eta| of the trimmed jet")
    subjet_radius: float = Field(0.3, gt=0, description="kT radius of the trimming subjets")
    trimming_fraction: float = Field(
        0.05,
        ge=0,
        lt=1,
        description="subjets with less than this fraction of the jet's pT are dropped",
    )
    cell_size: float = Field(
        0.1, gt=0, description="calorimeter cell in rapidity and phi (SARM 2.1: 0.1)"
    )
    calorimeter_rapidity: float = Field(
        5.0, gt=0, description="largest |rapidity| of a particle that the calorimeter sees"
    )
    pythia: list[str] = Field(
        [], description="further Pythia settings, applied last, e.g. 'Tune:pp = 21'"
    )
    images_per_chunk: int = Field(
        5000, ge=1, description="accepted jets of a simulation job; each job has its own seed"
    )

    _ascending = field_validator("pt_hat", "jet_pt")(ascending)


class JetImaging(Settings):
    """From the cells of a trimmed jet to its image."""

    pixels: int = Field(28, ge=2, description="pixels per side (SARM 2.1: 28; LAGAN file: 25)")
    pixel_size: float = Field(0.1, gt=0, description="pixel side in eta and phi")
    rotation: Literal["catmull_rom", "cells"] = Field(
        "catmull_rom",
        description="rotate the image (cubic, as LAGAN did) or the cell centres before pixelation",
    )
    threshold: float = Field(
        1e-3, ge=0, description="pixels below this are set to zero, GeV (LAGAN: 1e-3)"
    )

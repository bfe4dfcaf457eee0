"""Settings of the liquid-argon images: the compact simulator, and imaging."""

from typing import Literal

from pydantic import Field, field_validator

from darkpixel.config.base import Settings


class MomentumRanges(Settings):
    """Ranges of momentum of single particles, uniform, MeV/c (LArTPC A.3); both ends the same: one
    momentum."""

    electron: tuple[float, float] = Field((35.5, 800.0), description="e-, MeV/c")
    photon: tuple[float, float] = Field((35.0, 800.0), description="photon, MeV/c")
    muon: tuple[float, float] = Field((90.0, 800.0), description="mu-, MeV/c")
    pion: tuple[float, float] = Field((105.0, 800.0), description="pi+, MeV/c")
    proton: tuple[float, float] = Field(
        (275.0, 800.0),
        description="proton, MeV/c, as in the public data; the paper's text says [105, 800]",
    )

    @field_validator("electron", "photon", "muon", "pion", "proton")
    @classmethod
    def _within_the_physics(cls, window: tuple[float, float]) -> tuple[float, float]:
        low, high = window
        if not 1 <= low <= high <= 2000:
            raise ValueError("must be [low, high] with 1 <= low <= high <= 2000, MeV/c")
        return window


class ArgonSimulation(Settings):
    """The compact simulator of particles in liquid argon (not Geant4)."""

    momentum: MomentumRanges = Field(
        MomentumRanges(), description="ranges of momentum of single-particle events"
    )
    pixel_size: float = Field(
        0.5,
        gt=0,
        description="side of a pixel, cm; the box is 256 pixels wide: 0.5 as in the public data, "
        "1.0 for the 2.56 m of the paper's text",
    )
    voxel_cap: float = Field(
        4.0, gt=0, description="largest energy of one 3-D voxel, MeV (public data: 4)"
    )
    threshold: float = Field(
        0.05, gt=0, description="voxels and pixels below this are empty, MeV (public data: 0.05)"
    )
    minimum_pixels: int = Field(
        10, ge=1, description="smallest number of non-zero pixels in each projection (LArTPC A.3)"
    )
    labels: Literal["particle", "ancestor"] = Field(
        "particle",
        description="which particle decides whether a pixel is shower or track: the one that "
        "deposits the energy (delta rays and Michel electrons are shower), or the primary that it "
        "comes from (these are track)",
    )
    images_per_chunk: int = Field(
        5000, ge=1, description="accepted events of a simulation job; each job has its own seed"
    )


class ArgonImaging(Settings):
    """From 256 x 256 planes to prepared images."""

    plane: Literal["xy", "yz", "zx"] = Field("zx", description="projection (LArTPC A.3: zx)")
    pixels: int = Field(
        64,
        ge=2,
        le=256,
        multiple_of=2,
        description="pixels per side of the crop around the charge centroid; 256: no crop",
    )
    minimum_filled: float = Field(
        0.01, ge=0, le=1, description="smallest fraction of non-zero pixels in an accepted crop"
    )
    scaling: Literal["fixed", "maximum"] = Field(
        "fixed",
        description="fixed: counts of 0.01 MeV times 10/255, so that one unit is 0.255 MeV; "
        "maximum: each image's largest pixel becomes 10, as the authors did before June 2021",
    )

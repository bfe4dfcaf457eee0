"""Settings of the muon images: simulation with Pythia 8, calorimeter, and imaging."""

from typing import Self

from pydantic import Field, field_validator, model_validator

from darkpixel.config.base import Settings, ascending

Resolution = tuple[float, float, float]


class MuonDetector(Settings):
    """The calorimeter, parametrised as in Delphes' ATLAS card."""

    field: float = Field(2.0, ge=0, description="solenoid field along the beam, T; 0: none")
    radius: float = Field(1.15, gt=0, description="radius of the field and the calorimeter, m")
    half_length: float = Field(3.51, gt=0, description="half length of both along the beam, m")
    ecal_cell: float = Field(
        0.025, gt=0, le=0.5, description="side of an ECal cell in eta and phi (SARM 2.2)"
    )
    hcal_tower: float = Field(
        0.1, gt=0, le=0.5, description="side of an HCal tower in eta and phi; phi is divided evenly"
    )
    ecal_resolution: Resolution = Field(
        (0.0017, 0.101, 0.0),
        description="ECal: constant, stochastic (GeV^1/2) and noise (GeV) term, in quadrature",
    )
    hcal_resolution: Resolution = Field(
        (0.0302, 0.5205, 1.59), description="the same for the HCal barrel"
    )
    hcal_endcap_resolution: Resolution = Field(
        (0.05, 0.706, 0.0), description="the same for the HCal endcap"
    )
    hcal_endcap_eta: float = Field(1.7, gt=0, description="|eta| where the HCal endcap begins")
    ecal_threshold: float = Field(0.5, ge=0, description="smallest energy of an ECal cell, GeV")
    hcal_threshold: float = Field(1.0, ge=0, description="smallest energy of an HCal tower, GeV")
    significance: float = Field(
        2.0, ge=0, description="smallest energy of a cell in units of its resolution"
    )
    cone: float = Field(
        0.4, gt=0, le=1.0, description="radius around the muon in eta and phi (SARM 2.2)"
    )

    @field_validator("ecal_resolution", "hcal_resolution", "hcal_endcap_resolution")
    @classmethod
    def _not_negative(cls, terms: Resolution) -> Resolution:
        if min(terms) < 0:
            raise ValueError("must be [constant, stochastic, noise], none of them negative")
        return terms


class MuonSimulation(Settings):
    """The Pythia 8 recipe of both labels and of the pile-up, after SARM section 2.2."""

    energy: float = Field(13000.0, gt=0, description="centre-of-mass energy, GeV (SARM 2.2)")
    resonance_mass: float = Field(
        20.0, gt=0, description="mass of the Z' that decays to two muons, GeV (signal only)"
    )
    mass_window: tuple[float, float] = Field(
        (15.0, 25.0), description="range of the Z' mass, GeV (signal only)"
    )
    pt_hat_min: float = Field(
        20.0,
        gt=0,
        description="smallest transverse momentum of the hard process, GeV (background only)",
    )
    multi_parton_interactions: bool = Field(
        True,
        description="multi-parton interactions; without them 10 to 14 times faster, and they are "
        "little beside the pile-up",
    )
    forced_b_to_muon: bool = Field(
        False,
        description="let every b hadron decay to a muon: 8 times faster but biased, since muons "
        "from b -> c -> mu and from c, pi and K become rare (background only)",
    )
    muon_pt: tuple[float, float] = Field(
        (10.0, 15.0), description="window of the muon's pT, GeV (SARM 2.2)"
    )
    muon_eta_max: float = Field(2.4, gt=0, le=4, description="largest |eta| of the muon")
    pileup: float = Field(
        50.0, ge=0, description="mean number of pile-up collisions in an event (SARM 2.2: 50)"
    )
    pileup_events: int = Field(
        20000,
        ge=1,
        description="collisions in the pool from which pile-up is drawn; each time one is drawn it "
        "is turned in phi, and mirrored in eta half of the time; about 1.2 kB of memory each",
    )
    detector: MuonDetector = Field(MuonDetector(), description="field and calorimeter")
    pythia: list[str] = Field(
        [],
        description="further Pythia settings of all collisions, pile-up included, applied last, "
        "e.g. 'Tune:pp = 21'",
    )
    images_per_chunk: int = Field(
        5000, ge=1, description="accepted muons of a simulation job; each job has its own seed"
    )

    _ascending = field_validator("mass_window", "muon_pt")(ascending)

    @model_validator(mode="after")
    def _mass_in_window(self) -> Self:
        low, high = self.mass_window
        if not low < self.resonance_mass < high:
            raise ValueError("resonance_mass must lie inside mass_window")
        return self


class MuonImaging(Settings):
    """The grid of the images, whose centre is the muon at the calorimeter."""

    pixels: int = Field(32, ge=2, description="pixels per side (SARM 2.2: 32)")
    pixel_size: float = Field(0.025, gt=0, description="pixel side in eta and phi")

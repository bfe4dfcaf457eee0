"""Figures of the LArTPC paper and of liquid-argon images, charges in MeV and lengths in cm."""

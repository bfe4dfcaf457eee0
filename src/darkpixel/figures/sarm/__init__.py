"""Figures of the SARM paper, of jet and muon images and of a user's own in eta and phi."""

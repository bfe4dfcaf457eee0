"""Figures: image files or rows in, a .pdf and a .png out.

`sarm` holds the figures of the SARM paper and of jets and muons, `lartpc` those of liquid-argon
images; `style` is the look of all of them. Nothing is measured that a table would need.
"""

"""Data sets: from simulated, public or the user's own events to disjoint splits of images.

`jets`, `muons` and `lartpc` each have one function `prepare`; `custom` is that of the user's data
sets, which are files of this folder with a class `Settings`. Nothing is simulated or measured here.
"""

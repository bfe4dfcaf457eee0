"""Files: image files, events files, LArCV, Parquet rows, downloads; written whole or not at all.

Readers check what they read, and a fault is one line that names file, field and remedy. What the
images are of, and what is measured on them, is not known here.
"""

"""What the Snakefile calls: paths, seeds, targets, needs and digests of jobs. Knows no torch."""

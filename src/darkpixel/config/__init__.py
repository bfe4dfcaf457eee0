"""What a user may set, checked before anything runs; models and custom data sets found by name.

Imports nothing of the library but `errors`. What is here does not count as code of a result
(`darkpixel.pipeline.provenance.NEUTRAL`): values reach a job as params.
"""

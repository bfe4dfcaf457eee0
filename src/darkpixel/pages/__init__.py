"""The result pages in docs/: templates with the prose, filled from recorded tables."""

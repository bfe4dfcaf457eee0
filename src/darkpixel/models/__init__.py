"""Models: one folder each, and what they share.

`base` has the classes that a model derives from, `build` makes a model from its settings, `folder`
saves and loads a trained one, `sampling` is what several samplers share, and `sample_file` writes
samples to an image file.

Generative models of pixels: `sarm` (SARM), `lagan` (LAGAN), `pixelcnnpp` (PixelCNN++). Of
liquid-argon images by their codes: `vqvae` (the autoencoder) with `vqvae_pixelcnn` (the PixelCNN
over its code maps); by their non-zero pixels: `sparse_transformer` (ours). Networks that evaluate:
`classifier` (signal against background) and `ssnet` (track against shower, pixel by pixel).

The docstring of each folder has the equations and says what is in which file. `settings.py` is
what a configuration may set, without torch; `model.py` has the model and its function `build`.
A model of one's own may be a single file here (`docs/extending.md`).
"""

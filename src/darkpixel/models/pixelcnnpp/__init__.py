"""PixelCNN++, an autoregressive baseline (SARM section 8.5.2; Salimans et al., arXiv:1701.05517).

Pixels in GeV are rounded to levels k = 0 ... N of a grid, and drawn in raster order:

    p(k) = prod_i p(k_i | k_<i),   p(k_i | k_<i) = sum_m w_m P(k_i | mu_m, s_m)
    P(k | mu, s) = sigma((k + 1/2 - mu) / s) - sigma((k - 1/2 - mu) / s)

with the first and the last level taking what is below and above. A convolutional network of two
streams, which see the rows above and the pixels to the left, gives w, mu and s of every pixel.

In the order of reading:

    settings.py               what a configuration may set, the paper's presets among it
    model.py                  the model: grid, loss, log-density, first guess from the images
    logistic_mixture.py       the mixture of discretised logistics
    network.py                the network: streams, gated residual blocks, three resolutions
    sampler.py                naive and cached sampler; the same images from the same uniforms
    cached_convolutions.py    the convolutions row by row, or pixel by pixel, each output once
"""

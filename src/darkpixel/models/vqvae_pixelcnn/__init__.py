"""PixelCNN over the codes of a VQ-VAE, whose decoder makes the images (LArTPC section 2, table 3).

Codes k of a map are drawn in raster order by a gated PixelCNN (van den Oord et al.,
arXiv:1606.05328; LArTPC A.2, figure 4), then the trained VQ-VAE decodes the map:

    p(k) = prod_i softmax(f(k_<i))_{k_i},   image = decoder(e_k)
    gate: tanh(W_f * h) sigmoid(W_g * h), in a vertical and a horizontal stack

Ours, and optional: all gates conditioned on the particle species.

In the order of reading:

    settings.py          what a configuration may set, text and authors' code as presets
    model.py             the model: PixelCNN and VQ-VAE together, loss over code maps, sampling
    gated_pixelcnn.py    the network: masked kernels, gated blocks, receptive field
    sampler.py           naive and cached sampler; the same maps from the same uniforms
"""

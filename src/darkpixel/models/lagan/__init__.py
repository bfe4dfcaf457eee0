"""LAGAN, the location-aware generative adversarial network (de Oliveira et al., arXiv:1701.05927).

SARM's baseline (section 6.1). A generator G makes images of a label c from normal numbers z, a
discriminator D answers whether an image is real and which label it has:

    D minimises  -log D_real(x) - log D_c(x) - log(1 - D_real(G(z, c))) - log D_c(G(z, c))
    G minimises  -log D_real(G(z, c)) - log D_c(G(z, c))

Later layers are locally connected, as jets are centred and rotated, and the last ReLU makes the
zeros. One model draws the images of all labels. It has no likelihood.

In the order of reading:

    settings.py             what a configuration may set
    model.py                the model: the steps of a training, energy distance, sampling
    networks.py             generator and discriminator
    locally_connected.py    a convolution whose weights no two pixels share
"""

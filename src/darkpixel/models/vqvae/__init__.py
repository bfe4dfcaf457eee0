"""VQ-VAE: images to maps of codes and back (LArTPC section 2, A.1, A.4, table 2).

After van den Oord et al., arXiv:1711.00937. An encoder turns every cell of 4x4 pixels into a
vector z, which is replaced by the nearest e_k of K codebook vectors; a decoder makes the image:

    k = argmin_j |z - e_j|,   loss = |x - D(e_k)|^2 + |sg[z] - e_k|^2 + beta |z - sg[e_k]|^2

(A.4; sg stops the gradient, which passes from e_k to z as it is). `vqvae_pixelcnn` learns how the
maps of k are distributed.

In the order of reading:

    settings.py    what a configuration may set
    model.py       the model: encoder, decoder, loss
    codebook.py    nearest vectors, their losses or moving averages, k-means, dead codes
    codes.py       code maps on disk, reconstructions, and how well the codebook is used
"""

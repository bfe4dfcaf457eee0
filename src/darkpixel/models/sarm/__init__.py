"""SARM: sparse autoregressive models of detector images (SARM sections 4, 8.2 and 8.6).

An image of D pixels is generated pixel by pixel, in a fixed order:

    p(x) = prod_i p(x_i | x_<i)                                                     (eq. 3.1)
    p(x_i | x_<i) = gamma_i               if x_i = 0
                  = (1 - gamma_i) f(x_i | phi_i)  if x_i > 0                        (eq. 4.1)

A masked network (MADE, section 8.2) gives gamma_i and phi_i of all pixels in one pass, each as a
function of the pixels before it. Whether a pixel is zero is discrete; f is discrete too, a softmax
over the levels of a grid, g_j = (j / N)^p g_N (D+D, eq. 4.2), or continuous, a mixture of logistics
truncated to x > 0 (D+C, eq. 4.3). The pixels may be split into stages, central squares and the
rest, with a network each: SARM-1 has one stage, SARM-2 two. Ours, and optional: running sums over
the earlier pixels as further inputs, and totals s of the image, as pT and mass, that are drawn
first: p(s) prod_i p(x_i | x_<i, s).

In the order of reading:

    settings.py         what a configuration may set, the paper's presets among it
    model.py            the model: its parts put together, loss, log-density, counts
    orders.py           spiral, rows, ...: the order of the pixels, and the stages (section 4.2)
    conditionals.py     the parts of p(s) and p(x_i | x_<i, s): likelihood and samplers share them
    stage.py            a stage: masked network, gamma, the parameters phi
    masked_linear.py    a linear layer with MADE's mask, without the work for what is masked
    pixel_head.py       the last layer, evaluated for the non-zero pixels only
    likelihoods.py      f for D+C, exponential and gamma distributions; the base of all
    discrete.py         f for D+D: grid, levels, their initial frequencies
    running_sums.py     running sums: energy, momentum, mass, moments of the pixels so far
    totals.py           p(s)
    initialisation.py   grids, scales and initial frequencies from the training images
    naive_sampler.py    the definition of a sample: the whole network once per pixel
    sampler.py          the same samples, every hidden unit evaluated once
    dense_blocks.py     the masked weights cut into the matrices that the sampler multiplies
"""

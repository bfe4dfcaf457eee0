"""Sparse autoregressive transformer: one step a non-zero pixel (ours).

An image x is the sequence of its n non-zero pixels, in an order that follows from the image. How
many there are is drawn first, with `values: shares` their sum s, too; then pixel by pixel where the
next one is and what it is worth:

    p(x) = p(n) p(s | n) prod_t p(place_t | n, s, x_<t) p(value_t | place_t, n, s, x_<t)

With `order: largest_first`, or a fixed order of all places (`spiral_out`, ...), an image has one
sequence only, so p(x) is the density of the image, exactly, unless the mass is drawn first, too: it
is a latent variable (mass_first.py). With `order: walk` the pixels follow
what hangs together: a move within a window around the last pixel, or a far place. Then p(x) bounds
the density from below, since other orders of the same pixels have some probability, too.

Values are absolute, or shares of what remains of the sum, of which the last pixel takes all: the
sum is right by construction. Both have densities without a grid, in bins with uniform inside;
with `largest_first` they are cut off at the value before.

Each factor may depend on conditions: label, species, momentum, columns of the user's own.

In the order of reading:

    settings.py      what a configuration may set
    model.py         the model: its parts put together, loss, log-density
    initialisation.py  ranges and first frequencies, from training images
    walk.py          the order of a walk: along clusters first, single pixels last
    sequences.py     the non-zero pixels of images one after the other
    layout.py        where the steps of a batch of images lie in one list of tokens
    features.py      what the network sees: last pixel, neighbourhood, running sums
    remaining.py     ... and what is still to come; shares
    scale.py         the scale of pixel values
    network.py       the network: transformer blocks and heads
    inputs.py        how symbols and numbers enter it
    conditions.py    how conditions enter it
    totals.py        the heads of what is drawn first: count and sum
    all_places.py    the head of the next place, any that is possible in a fixed order or by value
    walk_places.py   the heads of the next place of a walk
    place_keys.py    a logit for each place of the image
    kernels.py       what each pixel does to places and values near and far
    mass_first.py    the mass of the image, where it is drawn before the pixels
    masses.py        places and values as functions of the mass that they make
    binned.py        densities of one real number
    sampler.py       samples: one pixel a step, keys and values kept, a random stream per image
"""

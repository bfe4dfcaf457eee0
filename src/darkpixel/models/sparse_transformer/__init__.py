"""Sparse autoregressive transformer: one step a non-zero pixel, in the order of a walk (ours).

The walk w(x) over the n non-zero pixels of an image x is a function of the image. Its steps are
drawn one by one; step t goes from the last pixel to the next and gives it a charge:

    p(w) = prod_t p(move_t | w_<t) p(place_t | move_t, w_<t) p(charge_t | place_t, w_<t)

A move is a place in a window around the last pixel, `far`, or the end; only a far move has a factor
for its place. The charge has a histogram density of its logarithm. p(w) bounds p(x) from below.

In the order of reading:

    settings.py    what a configuration may set
    model.py       the model: its parts put together, loss, log-density of a walk
    walk.py        the order of the pixels: along clusters first, single pixels last
    layout.py      where the steps of a batch of walks lie in one list of tokens
    features.py    what the network sees of a walk: last pixel, neighbourhood, running sums
    network.py     the network: transformer blocks, the heads of the three factors
    places.py      the logits of far places, from where they lie as seen from the walk so far
    sampler.py     samples: one pixel a step, keys and values kept, a random stream per image
"""

"""Classifier of signal against background by their images (SARM sections 6.1.3 and 8.6).

Two blocks of two 3x3 convolutions and a maximum, then two dense layers and the log-odds f(x) of
signal. The loss is the binary cross-entropy, -log sigma(f) for signal and -log sigma(-f) else.
Trained on a model's images and tested on Monte Carlo, its AUC says how useful these images are.

    settings.py    what a configuration may set
    model.py       the network, of the text or of the authors' code
"""

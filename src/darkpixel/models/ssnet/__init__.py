"""SSNet, the segmentation network: track or shower, pixel by pixel (LArTPC A.5).

A dense residual U-Net gives three scores per pixel: background, shower, track. With c_i the class
of pixel i, N the non-zero pixels of a batch and N_c those of class c among them,

    loss = (1 / N) sum over non-zero pixels of -(1 - N_{c_i} / N) log softmax(scores_i)_{c_i}

In the order of reading:

    settings.py     what a configuration may set
    model.py        the model: loss, augmentation, import of weights trained elsewhere
    unet.py         the network
    labelling.py    label files: the labels and scores of a file's pixels
"""

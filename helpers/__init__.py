"""What the lessons share, in rooms along the data's way; importing it loads no framework.

    data        data sets of small images: bundled, downloaded, or your own files
    pretext     what is changed in an image, and what is asked about it
    models      the networks, their losses and how they are trained (Keras or PyTorch)
    evaluation  whether the features are any good, and how sure we are
    figures     the figures that recur
    lesson      what a notebook stands on: seeds, results, files, what lessons hand on
    runner      what ``python -m helpers`` is made of; nobody needs it to follow a lesson

Data flows from top to bottom: ``data``, ``pretext``, then ``models`` and ``evaluation``, then
``figures``. No room reaches back, and none but the runner itself knows the runner. Keras stays in
``models.keras_models``; PyTorch in the other modules of ``models`` and in ``pretext.views``. The
two never share a process.
"""

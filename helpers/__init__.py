"""What the lessons share, in rooms along the data's way; importing it loads no framework.

    data        data sets of small images: bundled, downloaded, or your own files
    pretext     what is changed in an image, and what is asked about it
    models      the networks, their losses and how they are trained (Keras or PyTorch)
    evaluation  whether the features are any good, and how sure we are
    figures     the figures that recur: training curves, intervals, images, diagrams
    lesson      what a notebook stands on: seeds, results, files, what lessons hand on, answers
    exercises   what learners are asked: one file a lesson, with usual mistakes and solutions;
                ``lesson.exercises`` checks the answers
    runner      what ``python -m helpers`` is made of; nobody needs it to follow a lesson
    site        the course as pages for any browser; nobody needs it to follow a lesson either

Beside the rooms stand ``__main__``, the command line, and ``install``, which runs before them all.

Data flows from top to bottom: ``data``, ``pretext``, then ``models`` and ``evaluation``, then
``figures``. No room reaches back, and none but the site knows the runner. Keras stays in
``models.keras_models``; PyTorch in the other modules of ``models`` and in ``pretext.views``. The
two never share a process.

To understand the course's own code, read these in order, some 700 lines in all:

    1. lesson.results           how a lesson says what it found
    2. pretext.rotation         a question whose answer costs nothing
    3. models.torch_models      the encoder that all lessons share
    4. models.training          one loop for every PyTorch lesson
    5. evaluation.labels        few labels, drawn alike for every method
    6. evaluation.probes        what they read off the features
    7. evaluation.statistics    intervals, paired differences, verdicts
"""

"""The figures that recur, one function each; all of them can say in words what they show."""

from helpers.figures.basics import (
    COLOURS,
    GREY,
    LINES,
    MARKERS,
    DescribedFigure,
    accuracy_by_class,
    confusion_table,
    image_grid,
    intervals_by_arm,
    learning_curves,
    mark_reference,
    new_figure,
)
from helpers.figures.curves import loss_curves
from helpers.figures.diagrams import course_map, pipeline
from helpers.figures.feature_spaces import feature_maps, retrieval_grid
from helpers.figures.intervals import (
    gains_over_baseline,
    histograms,
    label_efficiency,
    layer_by_layer,
)

"""The figures that recur, one function each; all of them can say in words what they show."""

from helpers.figures.basics import (
    COLOURS,
    GREY,
    LINES,
    MARKERS,
    STYLES,
    legend_below,
    mark_reference,
    new_figure,
)
from helpers.figures.diagrams import pair_of_views, pipeline
from helpers.figures.findings import folder_findings, picture_map
from helpers.figures.images import cosine_tables, image_grid, scatter_by_class
from helpers.figures.intervals import interval_panels, intervals_by_arm
from helpers.figures.records import prediction_bars
from helpers.figures.training_curves import learning_curves

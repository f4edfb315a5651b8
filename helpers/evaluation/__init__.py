"""Whether features are any good, and how sure we are: probes, baselines, meters, intervals."""

from helpers.evaluation.crossed import (
    Comparison,
    balanced_accuracy,
    compare_crossed,
    hardest_rival,
    worth_it,
)
from helpers.evaluation.labels import label_budgets
from helpers.evaluation.probes import (
    fit_probe,
    linear_probe,
    nearest_neighbour_accuracy,
    probe_few_labels,
)
from helpers.evaluation.representation import (
    alignment,
    as_rows,
    effective_rank,
    feature_spread,
    uniformity,
)
from helpers.evaluation.retrieval import nearest_neighbours, partner_ranks
from helpers.evaluation.shares import share_interval, wilson_interval
from helpers.evaluation.statistics import (
    Interval,
    arm_difference,
    mean_interval,
    paired_difference,
    readable_summary,
    summarise_arms,
    verdict,
)
from helpers.evaluation.stored import missing_runs, stored_runs, with_stored_runs

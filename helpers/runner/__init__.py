"""What ``python -m helpers`` is made of; nobody needs it to follow a lesson.

strict_yaml, errors     how settings are read, and how what is wrong in them is refused
lessons, parameters     the notebooks, ``lessons.yaml``, and which values parameters allow
profiles, sweeps        ``--profile`` and the files of ``sweep``
jobs, identity          what is to run, and when a run is the same as one before
execution, cluster      running lessons one after the other, or a sweep's points side by side
addresses               where a cluster is, as it is typed
reports, sweep_reports  what a run or a sweep found, read back and written down
tables, console         the listing, the README's table, and what the terminal shows
refresh, doctor         outputs stored in the notebooks; a look at the machine
"""

import sys

# jsonschema, behind nbformat, would parse a grammar for a second, for text no notebook holds.
sys.modules.setdefault("rfc3987_syntax", None)

"""What ``python -m helpers`` is made of: lessons as jobs, runs, sweeps, results and their tables.

Nobody needs these modules to follow a lesson.
"""

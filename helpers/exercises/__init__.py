"""The exercises, one file a lesson; beside them what is asked before verdicts and at the end."""

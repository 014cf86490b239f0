"""What several chapters share: cohorts, tuning, verdicts, how still pictures look."""

"""The voices of the ensemble: one file, one class each."""

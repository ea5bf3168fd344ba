"""The tuner's bench: a profile that is reloaded while it plays, and two profiles held against each other."""

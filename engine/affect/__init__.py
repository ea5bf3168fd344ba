"""From beats to arousal against the listener's own baseline."""

"""From arousal, the arc and the staff to one musical intent."""

"""From limited events to sound: the guardian, the synth and the file."""

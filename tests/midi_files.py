"""MIDI files read back as any sequencer would."""

from pathlib import Path

import mido


def read_mid(path: Path | str) -> list[tuple[float, bytes]]:
    """The channel messages of a MIDI file of any type and tempo, in order: seconds and the bytes of the wire."""
    file = mido.MidiFile(path)
    tempo_us, elapsed = 500_000, 0
    messages = []
    for message in mido.merge_tracks(file.tracks):
        elapsed += message.time * tempo_us
        if message.type == "set_tempo":
            tempo_us = message.tempo
        elif not message.is_meta and message.type != "sysex":
            messages.append((elapsed / file.ticks_per_beat / 1e6, bytes(message.bin())))
    return messages

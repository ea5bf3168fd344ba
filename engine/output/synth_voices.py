"""The built-in synth's voices: which notes sound, and the sound they make together, a block at a time."""

from dataclasses import dataclass

from engine.output.synth_timbres import SAMPLE_RATE, Timbre

MOST_VOICES = 32
"""Sixteen that may sound, and as many that fade."""
QUICK_S = 0.03


_NEVER = 1 << 62


@dataclass(slots=True, eq=False)
class Voice:
    """One note from its onset (a frame) to the end of its release."""

    channel: int
    pitch: int
    timbre: Timbre
    amplitude: float
    onset: int
    released: int = _NEVER
    cut: int = _NEVER
    """From this frame on a quick fade besides, for what cannot wait."""
    pedalled: bool = False

    @property
    def held(self) -> bool:
        """True until it is released or cut."""
        return self.released == _NEVER and self.cut == _NEVER

    @property
    def ends(self) -> float:
        """The frame from which nothing is left of it."""
        return min(self.released + self.timbre.release_s * SAMPLE_RATE, self.cut + QUICK_S * SAMPLE_RATE)


class Notes:
    """Who sounds: note-ons and note-offs, the sustain pedal, and the two ways of all off."""

    def __init__(self) -> None:
        self.voices: list[Voice] = []
        self._pedals: set[int] = set()

    def on(self, channel: int, pitch: int, velocity: int, timbre: Timbre, frame: int) -> None:
        """Start a voice; one that sounds on the same key gives way to it."""
        self.off(channel, pitch, frame, pedal=False)
        if len(self.voices) >= MOST_VOICES:
            self._make_room(frame)
        loud = velocity / 127 * 10 ** (timbre.gain_db / 20)
        self.voices.append(Voice(channel, pitch, timbre, loud, frame))

    def off(self, channel: int, pitch: int, frame: int, *, pedal: bool = True) -> None:
        """Release a key, or leave it to the pedal where that is down."""
        for voice in self._held(channel):
            if voice.pitch == pitch:
                self._let_go(voice, frame, pedal=pedal)

    def all_off(self, channel: int, frame: int) -> None:
        """Release every key of a channel (CC123)."""
        for voice in self._held(channel):
            self._let_go(voice, frame, pedal=True)

    def all_sound_off(self, channel: int, frame: int) -> None:
        """Silence a channel at once, without a click (CC120)."""
        for voice in self.voices:
            if voice.channel == channel:
                voice.cut = min(voice.cut, frame)

    def pedal(self, channel: int, frame: int, *, down: bool) -> None:
        """The sustain pedal (CC64)."""
        if down:
            self._pedals.add(channel)
            return
        self._pedals.discard(channel)
        for voice in self._held(channel):
            if voice.pedalled:
                voice.released = frame

    def forget(self, frame: int) -> None:
        """Drop the voices that have ended by ``frame``."""
        self.voices = [voice for voice in self.voices if voice.ends > frame]

    def _held(self, channel: int) -> list[Voice]:
        return [voice for voice in self.voices if voice.channel == channel and voice.held]

    def _let_go(self, voice: Voice, frame: int, *, pedal: bool) -> None:
        if pedal and voice.channel in self._pedals:
            voice.pedalled = True
        else:
            voice.released = frame

    def _make_room(self, frame: int) -> None:
        """The voice that would end first is cut; the oldest where all are held."""
        staying = [voice for voice in self.voices if voice.cut == _NEVER]
        if len(staying) >= MOST_VOICES:
            min(staying, key=lambda voice: (voice.ends, voice.onset)).cut = frame

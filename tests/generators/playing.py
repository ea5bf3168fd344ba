"""Music without a session: an ensemble, an intent that a test writes down, and what comes of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from generators.ensemble import Ensemble, EnsembleSettings, LayerSpec
from generators.score import Control, Intent, Note, Window

LAYERS = (
    LayerSpec("drone", 33, 50, 34, 48, -2.0),
    LayerSpec("pad", 48, 76, 36, 54),
    LayerSpec("bass", 33, 52, 34, 46, -3.0),
    LayerSpec("air", 70, 84, 26, 38, -5.0),
    LayerSpec("melody", 60, 79, 34, 50, -2.5),
    LayerSpec("bells", 62, 86, 28, 46, -3.0),
)
SETTINGS = EnsembleSettings(2, "dorian", (2, 4), 6.0, 3.0, LAYERS)
NEUTRAL = Intent(58.0, 0.75, -9.5, 58.0, 79.0, 38.0, 58.0, 0.4, 0.0, 6.0, may_grow=True)
CALM = Intent(37.0, 0.195, -14.5, 36.0, 67.0, 28.0, 42.0, 0.0, 1.0, 5.2, may_grow=True)

IntentAt = Callable[[float], Intent]


def always(intent: Intent, **changed: float) -> IntentAt:
    """The same intent throughout, with some of it changed."""
    settled = replace(intent, **changed)  # type: ignore[arg-type]  # every changed field is a float
    return lambda _: settled


def windows(seconds: float, intent_at: IntentAt) -> Iterator[tuple[Window, Intent]]:
    """The ticks of a piece, end to end, in beats and seconds."""
    beat = 0.0
    for tick in range(round(seconds * 20)):
        start_s, intent = tick * 0.05, intent_at(tick * 0.05)
        end_beat = beat + 0.05 * intent.tempo_bpm / 60.0
        yield Window(beat, end_beat, start_s, start_s + 0.05), intent
        beat = end_beat


@dataclass(slots=True)
class Played:
    """Notes and controls, each with its second, and the chords in the order they came."""

    notes: list[tuple[float, Note]] = field(default_factory=list)
    controls: list[tuple[float, Control]] = field(default_factory=list)
    chords: list[tuple[int, ...]] = field(default_factory=list)

    def of(self, layer: str) -> list[tuple[float, Note]]:
        """One layer's notes."""
        return [(at_s, note) for at_s, note in self.notes if note.layer == layer]

    def levels(self, layer: str) -> list[tuple[float, float]]:
        """One layer's asked levels."""
        return [(at_s, each.value) for at_s, each in self.controls if each.layer == layer and each.number == 11]

    def wire(self) -> list[tuple[float, bytes]]:
        """The notes as MIDI on a channel for each layer, with the levels as asked."""
        names = [spec.name for spec in LAYERS]
        events = [(at_s, bytes((0xB0 | names.index(c.layer), c.number, round(c.value)))) for at_s, c in self.controls]
        for at_s, note in self.notes:
            channel = names.index(note.layer)
            events.append((at_s, bytes((0x90 | channel, note.pitch, note.velocity))))
            events.append((at_s + note.length_s, bytes((0x80 | channel, note.pitch, 0))))
        return sorted(events)


def play(seconds: float, intent_at: IntentAt, *, seed: str = "1", settings: EnsembleSettings = SETTINGS) -> Played:
    """Play a new ensemble through these intents."""
    ensemble, played = Ensemble(settings, seed), Played()
    for tick, (window, intent) in enumerate(windows(seconds, intent_at)):
        for note in ensemble.play(window, intent):
            share = (note.at_beat - window.start_beat) / (window.end_beat - window.start_beat)
            played.notes.append((window.start_s + share * 0.05 + note.late_s, note))
        if tick % 2 == 0:
            played.controls.extend((window.start_s, control) for control in ensemble.shape(window, intent))
        if ensemble.chord and (not played.chords or played.chords[-1] != ensemble.chord.voicing):
            played.chords.append(ensemble.chord.voicing)
    return played

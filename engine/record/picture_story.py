"""What a session's record says, in the strokes and spans that its picture draws. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.decision import Decision
from engine.midi import MidiEvent, is_note_off, is_note_on

if TYPE_CHECKING:
    from engine.record.spectrogram import Spectrogram

PLAYING = "playing"
_GAP_S = 2.0


@dataclass(frozen=True, slots=True)
class DrawnNote:
    """A note as a stroke of the piano roll."""

    start_s: float
    end_s: float
    channel: int
    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time with one word: a phase, a state, a stop."""

    start_s: float
    end_s: float
    word: str


@dataclass(frozen=True, slots=True)
class Story:
    """All that the panels draw; times in seconds from the session's start."""

    decisions: Sequence[Decision]
    notes: Sequence[DrawnNote]
    layers: Mapping[int, str]
    marks: Sequence[tuple[float, str]]
    phases: Sequence[Span]
    states: Sequence[Span]
    stops: Sequence[Span]
    end_s: float
    title: str
    sound: "Spectrogram | None" = None


def tell(
    decisions: Sequence[Decision],
    events: Sequence[MidiEvent | tuple[float, bytes]],
    *,
    marks: Sequence[tuple[float, str]],
    layers: Mapping[int, str],
    title: str,
) -> Story:
    """What a session's record says, in strokes and spans."""
    notes = drawn_notes(events)
    ends = [note.end_s for note in notes] + [decision.time_s for decision in decisions]
    phases = spans([(decision.time_s, decision.phase) for decision in decisions])
    names = {span.word for span in phases}
    return Story(
        decisions=decisions,
        notes=notes,
        layers=layers,
        marks=[(at_s, words) for at_s, words in marks if words not in names],
        phases=phases,
        states=spans([(decision.time_s, str(decision.estimate.state)) for decision in decisions]),
        stops=[span for span in spans([(each.time_s, each.playing) for each in decisions]) if span.word != PLAYING],
        end_s=max(ends, default=60.0),
        title=title,
    )


def spans(words: Sequence[tuple[float, str]]) -> list[Span]:
    """Neighbours with the same word joined; each lasts until the next begins, and none bridges a gap."""
    found: list[Span] = []
    for at_s, word in words:
        near = found and at_s - found[-1].end_s <= _GAP_S
        if near:
            found[-1] = Span(found[-1].start_s, at_s, found[-1].word)
        if not near or found[-1].word != word:
            found.append(Span(at_s, at_s, word))
    return found


def drawn_notes(events: Sequence[MidiEvent | tuple[float, bytes]]) -> list[DrawnNote]:
    """Note-ons with their ends; a note that is struck again, or never ends, ends there."""
    timed = [(event.time_s, event.data) if isinstance(event, MidiEvent) else event for event in events]
    open_notes: dict[tuple[int, int], tuple[float, int]] = {}
    notes: list[DrawnNote] = []

    def close(channel: int, pitch: int, end_s: float) -> None:
        start_s, velocity = open_notes.pop((channel, pitch))
        notes.append(DrawnNote(start_s, end_s, channel, pitch, velocity))

    for time_s, data in timed:
        if not (is_note_on(data) or is_note_off(data)):
            continue
        key = (data[0] & 0x0F, data[1])
        if key in open_notes:
            close(*key, time_s)
        if is_note_on(data):
            open_notes[key] = (time_s, data[2])
    for channel, pitch in list(open_notes):
        close(channel, pitch, timed[-1][0])
    return notes

"""Measures of a finished piece: necessary for calm music, not proof of beauty. What each means: docs/tuning.md."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import cos, log2, log10, pi, sin, sqrt
from statistics import fmean, pstdev

from generators import tonal_space
from generators.piece import Piece, Sounded
from generators.pitch import is_muddy
from generators.tempo import tempo_bpm

Wire = Iterable[tuple[float, bytes]]
Measures = dict[str, float]

DIATONIC = (0, 2, 4, 5, 7, 9, 11)
SETTLED_S = 2.0
WINDOW_S = 30
ALIKE = 0.9
FEWEST_IN_WINDOW = 8
BREATHS_PER_MIN = tuple(2.0 + 0.1 * place for place in range(101))
SEGMENT_S = 180


def judge(wire: Wire, *, level_cc: int = 11, tempo: Sequence[tuple[float, float]] = ()) -> Measures:
    """Every measure by name, units in the names; empty for a piece without notes.

    ``tempo`` are (seconds, bpm) where the asked tempo changed, rising; with it the tempo that is heard is held
    against it.
    """
    piece = Piece.read(wire, level_cc)
    if not piece.notes:
        return {}
    return {
        **_amount(piece),
        **_touch(piece),
        **_harmony(piece),
        **_voices(piece),
        "envelope_peak_per_min": envelope_peak_per_min(piece),
        "near_duplicate_share": near_duplicate_share(piece),
        **_level(piece),
        **_tempo(piece, tempo),
    }


def _amount(piece: Piece) -> Measures:
    onsets, seconds = piece.onsets_s, piece.per_second()
    gaps = [after - before for before, after in pairwise(onsets)]
    bins = Counter(int(at / 10.0) for at in onsets)
    counts = [float(bins[place]) for place in range(int(piece.end_s / 10.0) or 1)]
    return {
        "duration_s": piece.end_s,
        "notes": float(len(onsets)),
        "onsets_per_s": len(onsets) / piece.end_s,
        "density_variation": _variation(counts),
        "onset_gap_variation": _variation(gaps),
        "polyphony_mean": fmean(len(notes) for notes in seconds),
        "silent_share": fmean(not notes for notes in seconds),
        "stuck_notes": float(piece.stuck),
        "controllers_per_s": len(piece.control_times) / piece.end_s,
    }


def _variation(values: Sequence[float]) -> float:
    mean = fmean(values) if values else 0.0
    return pstdev(values) / mean if mean else 0.0


def _touch(piece: Piece) -> Measures:
    jumps = [
        abs(after.velocity - before.velocity)
        for channel in piece.channels
        for before, after in pairwise(note for note in piece.notes if note.channel == channel)
    ]
    return {
        "velocity_max": float(max(note.velocity for note in piece.notes)),
        "velocity_jump_p95": _percentile(jumps, 0.95),
        "velocity_jump_max": float(max(jumps, default=0)),
        "pitch_max": float(max(note.pitch for note in piece.notes)),
    }


def _percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return float(ordered[min(int(share * len(ordered)), len(ordered) - 1)]) if ordered else 0.0


def _harmony(piece: Piece) -> Measures:
    classes = Counter(note.pitch % 12 for note in piece.notes)
    total = len(piece.notes)
    points = [tonal_space.vector(chroma) for chroma in _chroma(piece) if any(chroma)]
    steps = [tonal_space.distance(before, after) for before, after in pairwise(points)]
    return {
        "in_scale_share": max(sum(classes[(root + d) % 12] for d in DIATONIC) for root in range(12)) / total,
        "pitch_class_entropy_bits": -sum(n / total * log2(n / total) for n in classes.values()),
        "tonal_step_per_s": fmean(steps) if steps else 0.0,
        "low_interval_violations": float(_muddy(piece)),
    }


def _chroma(piece: Piece) -> Iterator[list[float]]:
    """How long each pitch class sounds in each second."""
    for second, notes in enumerate(piece.per_second()):
        chroma = [0.0] * 12
        for note in notes:
            chroma[note.pitch % 12] += max(0.0, min(note.end_s, second + 1.0) - max(note.start_s, float(second)))
        yield chroma


def _muddy(piece: Piece) -> int:
    """Pairs of notes that start against or hold on under each other below the low-interval limits."""
    low: list[Sounded] = []
    count = 0
    for note in piece.notes:
        low = [other for other in low if other.end_s > note.start_s + 0.05]
        count += sum(is_muddy(other.pitch, note.pitch) for other in low)
        low.append(note)
    return count


def _voices(piece: Piece) -> Measures:
    chords = _chords(piece)
    moves = [_moves(before, after) for before, after in pairwise(chords)]
    single = [each for move in moves for each in move]
    outer = [(b, a) for b, a in pairwise(chords) if b[0] != a[0] or b[-1] != a[-1]]
    parallels = sum(_is_parallel(before, after) for before, after in outer)
    return {
        "chords_per_min": len(chords) / piece.end_s * 60.0,
        "voice_move_semitones": fmean(single) if single else 0.0,
        "common_tones": fmean(len(set(b) & set(a)) for b, a in pairwise(chords)) if moves else 0.0,
        "parallels_per_100_moves": 100.0 * parallels / len(outer) if outer else 0.0,
    }


def _chords(piece: Piece) -> list[tuple[int, ...]]:
    """What the pad sounds wherever it has not moved for a while, each chord once."""
    channel = piece.chordal_channel()
    notes = [note for note in piece.notes if note.channel == channel]
    chords: list[tuple[int, ...]] = []
    for note, after_s in zip(notes, [*(n.start_s for n in notes[1:]), piece.end_s], strict=True):
        at_s = note.start_s + SETTLED_S
        if after_s > at_s:
            chord = tuple(sorted(n.pitch for n in notes if n.start_s <= at_s < n.end_s))
            if len(chord) > 1 and (not chords or chord != chords[-1]):
                chords.append(chord)
    return chords


def _moves(before: tuple[int, ...], after: tuple[int, ...]) -> list[int]:
    """How far each voice of the smaller chord is from the nearest of the other; a voice that stays moves 0."""
    fewer, more = sorted((before, after), key=len)
    return [min(abs(pitch - other) for other in more) for pitch in fewer]


def _is_parallel(before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    was, now = (before[-1] - before[0]) % 12, (after[-1] - after[0]) % 12
    return was == now and now in (0, 7) and (after[0] - before[0]) * (after[-1] - before[-1]) > 0


def envelope_peak_per_min(piece: Piece) -> float:
    """The rate between 2 and 12 a minute at which loudness sways most: mean spectrum of three-minute stretches."""
    loud = _envelope(piece)
    spectrum = [0.0] * len(BREATHS_PER_MIN)
    for start in range(0, max(1, len(loud) - SEGMENT_S + 1), SEGMENT_S // 2):
        for place, power in enumerate(_spectrum(loud[start : start + SEGMENT_S])):
            spectrum[place] += power
    return BREATHS_PER_MIN[max(range(len(spectrum)), key=lambda place: spectrum[place])]


def _envelope(piece: Piece) -> list[float]:
    """Loudness at each second: velocities weighted by the level in force, whatever starts or ends."""
    seconds = piece.per_second()
    return [
        sum(n.velocity * (piece.level(n.channel, at) / 127.0) ** 2 for n in notes) for at, notes in enumerate(seconds)
    ]


def _spectrum(values: Sequence[float]) -> Iterator[float]:
    mean = fmean(values)
    size = len(values)
    shaped = [(value - mean) * (0.5 - 0.5 * cos(2.0 * pi * place / size)) for place, value in enumerate(values)]
    for rate in BREATHS_PER_MIN:
        turn = 2.0 * pi * rate / 60.0
        real = sum(value * cos(turn * place) for place, value in enumerate(shaped))
        imaginary = sum(value * sin(turn * place) for place, value in enumerate(shaped))
        yield (real * real + imaginary * imaginary) / (mean * mean + 1e-9)


def windows(piece: Piece) -> list[Counter[tuple[int, int]]]:
    """The onsets of each half minute that holds enough of them, as (second in it, pitch)."""
    rolls: dict[int, Counter[tuple[int, int]]] = {}
    for note in piece.notes:
        place, second = divmod(int(note.start_s), WINDOW_S)
        rolls.setdefault(place, Counter())[second, note.pitch] += 1
    return [roll for _, roll in sorted(rolls.items()) if roll.total() >= FEWEST_IN_WINDOW]


def near_duplicate_share(piece: Piece) -> float:
    """Share of half minutes that some other half minute of the piece nearly repeats."""
    rolls = windows(piece)
    repeated = sum(any(_alike(a, b) for b in rolls if b is not a) for a in rolls)
    return repeated / len(rolls) if rolls else 0.0


def likeness(one: Wire, other: Wire) -> float:
    """Share of one piece's half minutes that are nearly found anywhere in the other."""
    own, theirs = windows(Piece.read(one)), windows(Piece.read(other))
    return fmean(any(_alike(a, b) for b in theirs) for a in own) if own else 0.0


def _alike(one: Counter[tuple[int, int]], other: Counter[tuple[int, int]]) -> bool:
    product = sum(count * other[key] for key, count in one.items() if key in other)
    return product > ALIKE * sqrt(sum(n * n for n in one.values()) * sum(n * n for n in other.values()))


def _level(piece: Piece) -> Measures:
    rises = [
        40.0 * log10(max(after, 20) / max(before, 20))
        for history in piece.levels.values()
        for (_, before), (_, after) in pairwise(history)
    ]
    return {"level_step_max_db": max(rises, default=0.0)}


def _tempo(piece: Piece, asked: Sequence[tuple[float, float]]) -> Measures:
    """The tempo heard each half minute; against what was asked, where that is known."""
    onsets = piece.onsets_s
    heard: list[float] = []
    errors: list[float] = []
    for middle in range(WINDOW_S, int(piece.end_s), WINDOW_S):
        wanted = next((bpm for at, bpm in reversed(asked) if at <= middle), None)
        bpm = tempo_bpm(onsets, float(middle), near_bpm=wanted)
        if bpm is not None:
            heard.append(bpm)
        if bpm is not None and wanted is not None:
            errors.append(abs(bpm / wanted - 1.0))
    measures = {"tempo_mean_bpm": fmean(heard) if heard else 0.0}
    return {**measures, "tempo_error_p95": _percentile(errors, 0.95)} if errors else measures

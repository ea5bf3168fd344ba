"""What each profile sounds like to a meter: clipping, sudden rises, loudness against the others, darkening with calm.

    python -m benchmarks.audio [--json] [--minutes 5] [--synth built-in|fluidsynth] [PROFILE ..]

Each shipped profile is folded without a heart, and sounded by the built-in synth and by a SoundFont where FluidSynth
is there. ``peak_dbfs`` and ``steepest_rise_db`` (momentary loudness, within 400 ms) count the start after its fade-in,
and minutes 10 on at offset 0; ``lufs`` is the integrated loudness there (pyloudnorm), and the centroids are those of
minutes 10 on with staff's ease at 0, 0.5 and 1.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from benchmarks.loudness import RATE, mean_centroid_hz, steepest_rise_db
from benchmarks.report import Condition, Results, missing, print_report
from engine.config import load, shipped_names
from engine.inputs import Act
from engine.midi import is_control, is_note_off, is_note_on
from engine.offline import Mark, fold_recording
from engine.output.fonts import MissingSoundFontError, find_font
from engine.output.instruments import built_in, from_font
from engine.output.synth_core import BlockSynth
from engine.output.synth_render import sound
from engine.output.weighting import Floats
from engine.profile import Profile
from engine.session import Setup

FADE_IN_S = 14.0
LATER_MINUTE = 10
WARM_UP_S = 30.0
EASES = {"0": 0, "0.5": 2, "1": 4}
"""Offset, and how often staff ease for it."""

Wire = Sequence[tuple[float, bytes]]
Instrument = Callable[[Profile], BlockSynth]
INSTRUMENTS: dict[str, Instrument] = {
    "built-in": lambda profile: built_in(profile.layer),
    "fluidsynth": lambda profile: from_font(profile.layer, find_font()),
}


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audio", description=__doc__)
    parser.add_argument("profiles", nargs="*", default=shipped_names(), metavar="PROFILE")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    parser.add_argument("--minutes", type=float, default=5.0, help="of each extract")
    parser.add_argument("--synth", choices=INSTRUMENTS, action="append", help="else both")
    asked = parser.parse_args()
    conditions = [each for name in asked.synth or INSTRUMENTS for each in heard(name, asked.profiles, asked.minutes)]
    print_report("audio", conditions, as_json=asked.json)


def heard(instrument: str, profiles: Sequence[str], minutes: float) -> Iterator[Condition]:
    """A condition for each profile, and one for how far apart they are."""
    loudness: list[float] = []
    for name in profiles:
        try:
            results = measured(load(name), INSTRUMENTS[instrument], minutes)
        except MissingSoundFontError as error:
            results = missing(str(error))
        else:
            loudness.append(float(results["lufs"] or 0.0))
        yield Condition(f"{name}, {instrument}", {"calando": results})
    if len(loudness) > 1:
        apart: Results = {"loudest_less_softest_lu": max(loudness) - min(loudness)}
        yield Condition(f"all profiles, {instrument}", {"calando": apart})


def measured(profile: Profile, instrument: Instrument, minutes: float) -> Results:
    """What a meter says of one profile."""
    seconds = minutes * 60
    start = sounded(wire(profile, minutes), instrument(profile), seconds)[:, round(FADE_IN_S * RATE) :]
    later = {offset: later_extract(profile, eases, instrument(profile), seconds) for offset, eases in EASES.items()}
    pieces = (start, later["0"])
    return {
        "peak_dbfs": float(20 * np.log10(max(np.abs(piece).max() for piece in (*pieces, *later.values())))),
        "steepest_rise_db": max(map(steepest_rise_db, pieces)),
        "lufs": integrated_lufs(later["0"]),
        **{f"centroid_hz_at_{offset}": mean_centroid_hz(piece) for offset, piece in later.items()},
    }


def wire(profile: Profile, minutes: float, eases: int = 0) -> Wire:
    """What a synth hears of a session without a heart, eased from its first minute on."""
    marks = [Mark(30.0 + each, Act.EASE) for each in range(eases)]
    return fold_recording(Setup(profile, 1, hears_a_heart=False), None, minutes, marks, ends=False).wire


def later_extract(profile: Profile, eases: int, synth: BlockSynth, seconds: float) -> Floats:
    """So many seconds of sound from minute 10 on."""
    whole = wire(profile, LATER_MINUTE + seconds / 60, eases)
    events = taken_up(whole, LATER_MINUTE * 60 - WARM_UP_S)
    return sounded(events, synth, WARM_UP_S + seconds)[:, round(WARM_UP_S * RATE) :]


def taken_up(whole: Wire, start_s: float) -> Wire:
    """A wire from ``start_s`` on: controllers as they stand there, and what sounds there struck anew."""
    before = [data for at_s, data in whole if at_s < start_s]
    stand = {data[:2]: data for data in before if is_control(data)}
    sounding: dict[tuple[int, int], bytes] = {}
    for data in before:
        if is_note_on(data):
            sounding[data[0] & 0x0F, data[1]] = data
        elif is_note_off(data):
            sounding.pop((data[0] & 0x0F, data[1]), None)
    opening = [(0.0, data) for data in (*stand.values(), *sounding.values())]
    return [*opening, *((at_s - start_s, data) for at_s, data in whole if at_s >= start_s)]


def sounded(events: Wire, synth: BlockSynth, seconds: float) -> Floats:
    """(2, samples)."""
    return np.concatenate(list(sound(events, seconds=seconds, synth=synth)), axis=1).astype(np.float64)


def integrated_lufs(piece: Floats) -> float:
    """Integrated loudness with its gates (ITU-R BS.1770-4), by pyloudnorm."""
    import pyloudnorm

    return float(pyloudnorm.Meter(RATE).integrated_loudness(piece.T))


if __name__ == "__main__":
    main()

"""What *lead* promises of a step from calm to full arousal, heard in the notes and levels of every shipped profile."""

from dataclasses import dataclass, field

import pytest

from engine.affect.estimate import Estimate
from engine.config import load, shipped_names
from engine.midi import EXPRESSION, TICK_S, is_control, is_note_on
from engine.mixer import db_of_value
from engine.performance import Performance
from engine.profile import Profile
from engine.timeline import Timeline
from generators.score import Window
from tests.policy.hearts import Room, Story, alarmed, calm

SETTLED_S, STEP_S, END_S = 180.0, 720.0, 1200.0
SEEDS = ("1", "2", "3")


@dataclass
class Heard:
    """Onsets and the pad's levels, each with its second."""

    onsets_s: list[float] = field(default_factory=list)
    levels: list[tuple[float, float]] = field(default_factory=list)

    def onsets_per_s(self, from_s: float, to_s: float) -> float:
        return sum(from_s <= at_s < to_s for at_s in self.onsets_s) / (to_s - from_s)

    def peak_db(self, from_s: float, to_s: float) -> float:
        return max(level for at_s, level in self.levels if from_s <= at_s < to_s)


def plateau(name: str) -> Profile:
    """A profile that stays in its plateau for good: what changes is the offset's doing."""
    profile = load(name)
    phases = next(iter(profile.arc.values()))
    still = next(phase for phase in phases if phase.name == "plateau").model_copy(update={"minutes": 240})
    return profile.model_copy(update={"arc": dict.fromkeys(profile.arc, (still,))})


def played(profile: Profile, seed: str, story: Story, seconds: float) -> Heard:
    """The music of a story, without a room around it."""
    performance, timeline, heard = Performance(profile, seed), Timeline(), Heard()
    performance.begin()
    pad = profile.layer["pad"].channel - 1
    for tick, intent in enumerate(Room(profile).ticks(seconds, story)):
        beat = timeline.beat
        timeline.advance(TICK_S, intent.tempo_bpm)
        window = Window(beat, timeline.beat, tick * TICK_S, (tick + 1) * TICK_S)
        for event in performance.play(tick, window, intent, timeline):
            if is_note_on(event.data):
                heard.onsets_s.append(event.time_s)
            elif is_control(event.data) and event.data[:2] == bytes((0xB0 | pad, EXPRESSION)):
                heard.levels.append((event.time_s, db_of_value(event.data[2])))
    return heard


def distress(time_s: float) -> Estimate:
    return alarmed(time_s) if time_s >= STEP_S else calm(time_s)


@pytest.mark.parametrize("name", shipped_names())
def test_within_three_minutes_the_onsets_are_a_third_and_the_level_four_decibels_down(name: str) -> None:
    profile = plateau(name)
    told = [played(profile, seed, distress, END_S) for seed in SEEDS]
    before = sum(each.onsets_per_s(SETTLED_S, STEP_S) for each in told)
    after = sum(each.onsets_per_s(STEP_S + 180, END_S) for each in told)
    assert after <= 0.30 * before
    for each in told:
        fallen_db = each.peak_db(SETTLED_S, STEP_S) - each.peak_db(STEP_S + 180, END_S)
        assert 4.0 - 0.35 <= fallen_db <= 6.0 + 0.35


@pytest.mark.parametrize("name", shipped_names())
def test_the_tempo_falls_a_quarter_in_three_minutes_and_all_the_way_in_five_and_a_half(name: str) -> None:
    profile, room = plateau(name), Room(plateau(name))
    before = room.live(300).tempo_bpm
    assert room.live(180, alarmed).tempo_bpm <= 0.75 * before
    lowest = room.live(150, alarmed).tempo_bpm
    assert lowest == pytest.approx(before * (1 - profile.calm.tempo_share), rel=0.002)
    assert 0.6 * before - 0.01 <= lowest <= 0.7 * before
    assert room.live(3 * 180, calm).tempo_bpm < before

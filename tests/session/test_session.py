"""A session is a fold: the same in, the same out; quiet until a person starts it; silent when a person says so."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.inputs import Act, Command, ConfigChange, Input, OutputKind, OutputState, Resumed, Stamped, fold_order
from engine.midi import is_control, is_note_on
from engine.output.cues import Stop
from engine.session import Session
from sensors.heart import HeartPacket, Link, LinkState
from sensors.simulated import SimulatedListener
from tests.session.sessions import TPS, a_setup, commands, default_profile, fold, heard, merged, pulled, steady_heart

START = commands({0: Act.PLAY_ON})


def test_the_same_inputs_give_the_same_events_and_another_seed_other_music() -> None:
    def play(seed: int) -> list[tuple[int, int, bytes]]:
        story = merged(START, pulled(SimulatedListener("distress", 3), 120))
        rendering, _ = fold(a_setup(seed), 120, story)
        return [(event.tick, event.offset_us, event.data) for event in rendering.events]

    assert play(5) == play(5)
    assert play(5) != play(6)


def test_nothing_sounds_before_a_person_starts_it() -> None:
    rendering, folded = fold(a_setup(), 30, heard(steady_heart(30)))
    assert rendering.events == []
    assert rendering.wire == []
    assert folded[-1].epoch == 0


def test_a_start_rises_from_level_0_over_at_least_10_s() -> None:
    rendering, _ = fold(a_setup(), 20, START)
    levels = [(at_s, data) for at_s, data in rendering.wire if is_control(data) and data[1] == 11]
    for channel in (0, 1):
        own = [(at_s, data[2]) for at_s, data in levels if data[0] & 0x0F == channel]
        highest = max(value for _, value in own)
        assert own[0] == (0.0, 0)
        assert min(at_s for at_s, value in own if value == highest) >= 10


def test_silence_ends_every_note_within_a_second_and_nothing_follows() -> None:
    rendering, folded = fold(a_setup(), 60, merged(START, commands({40: Act.SILENCE})))
    cue = next(cue for each in folded for cue in each.cues if cue.stop)
    assert (cue.tick, cue.stop, cue.epoch) == (40 * TPS, Stop.SILENCE, 1)
    assert max(at_s for at_s, _ in rendering.wire) <= 41.0
    assert rendering.decisions[-1].playing == "silence"


def test_play_on_comes_back_from_level_0() -> None:
    rendering, _ = fold(a_setup(), 80, merged(START, commands({30: Act.SILENCE, 45: Act.PLAY_ON})))
    after = [(at_s, data) for at_s, data in rendering.wire if at_s >= 45]
    levels = [(at_s, data[2]) for at_s, data in after if is_control(data) and data[1] == 11]
    assert any(is_note_on(data) for _, data in after)
    assert max(value for at_s, value in levels if at_s < 47) < 30


def test_play_on_in_the_middle_of_a_fade_waits_for_its_end() -> None:
    _, folded = fold(a_setup(), 60, merged(START, commands({30: Act.PAUSE, 32: Act.PLAY_ON})))
    starts = [cue.tick for each in folded for cue in each.cues if cue.stop is None]
    assert starts == [0, 38 * TPS]


def test_silence_cuts_a_long_fade_short() -> None:
    rendering, _ = fold(a_setup(), 60, merged(START, commands({30: Act.PAUSE, 32: Act.SILENCE, 35: Act.PLAY_ON})))
    assert all(not 33 < at_s < 35 for at_s, _ in rendering.wire)
    assert any(is_note_on(data) for at_s, data in rendering.wire if at_s > 35)


def test_the_end_is_the_end() -> None:
    session = Session(a_setup())
    session.fold(0, [Stamped(0, 1, Command(Act.PLAY_ON, "test"))])
    session.fold(1, [Stamped(1, 2, Command(Act.END, "test"))])
    for tick in range(2, 9 * TPS):
        session.fold(tick, [Stamped(tick, tick + 1, Command(Act.PLAY_ON, "test"))])
    assert session.finished


UNTIMELY: dict[str, Input] = {
    "silence": Command(Act.SILENCE, "test"),
    "pause": Command(Act.PAUSE, "test"),
    "a lost port": OutputState(OutputKind.PORT_LOST, "the synth was unplugged"),
    "a panic": OutputState(OutputKind.SILENCED, "panic"),
}


@pytest.mark.parametrize("what", UNTIMELY)
def test_whatever_stops_an_end_short_it_stays_the_end(what: str) -> None:
    end = merged(commands({20: Act.END, 24: Act.PLAY_ON, 40: Act.PLAY_ON}), {22 * TPS: [UNTIMELY[what]]})
    rendering, folded = fold(a_setup(), 60, merged(START, end))
    assert rendering.decisions[-1].playing == "end"
    assert rendering.decisions[-1].sentence == "the session ends"
    assert not any(is_note_on(event.data) for each in folded[22 * TPS :] for event in each.events)
    session = Session(a_setup())
    by_tick = merged(START, end)
    for tick in range(29 * TPS):
        session.fold(tick, [Stamped(tick, tick, each) for each in by_tick.get(tick, ())])
    assert session.finished


def test_an_output_that_fell_silent_by_itself_stays_silent_until_play_on() -> None:
    lost = {20 * TPS: [OutputState(OutputKind.PORT_LOST, "the synth was unplugged")]}
    back = {30 * TPS: [OutputState(OutputKind.READY, "the synth is back")]}
    _, folded = fold(a_setup(), 60, merged(START, lost, back, commands({40: Act.PLAY_ON})))
    sounding = {each.tick // TPS for each in folded for event in each.events if is_note_on(event.data)}
    assert not sounding & set(range(20, 40))
    assert sounding & set(range(40, 60))


def test_a_resumed_session_is_silent_until_play_on_and_then_plays_other_music() -> None:
    session = Session(a_setup())
    session.fold(0, [Stamped(0, 1, Command(Act.PLAY_ON, "test"))])
    gap = 300 * TPS
    events = list(session.fold(gap, [Stamped(gap, 2, Resumed(300, 1))]).events)
    for tick in range(gap + 1, gap + 10 * TPS):
        events += session.fold(tick).events
    assert events == []
    tick = session.next_tick
    events += session.fold(tick, [Stamped(tick, 3, Command(Act.PLAY_ON, "test"))]).events
    for later in range(tick + 1, tick + 20 * TPS):
        events += session.fold(later).events
    assert any(is_note_on(event.data) for event in events)
    assert all(event.tick >= tick for event in events)


def test_an_engine_that_stood_still_for_a_moment_coasts_until_good_data_came_for_20_seconds() -> None:
    stood_still = {700 * TPS: [OutputState(OutputKind.READY, "back")]}
    story = merged(START, heard(steady_heart(760)), stood_still)
    _, folded = fold(a_setup(), 760, story)
    decisions = [each.decision for each in folded if each.decision]
    coasting = [round(decision.time_s) for decision in decisions if "coasting" in decision.limited_by]
    assert coasting == list(range(700, 720))


@pytest.mark.parametrize("tick", [0, 1, 7])
def test_no_tick_is_folded_twice_and_none_is_left_out(tick: int) -> None:
    session = Session(a_setup())
    session.fold(0)
    session.fold(1)
    with pytest.raises(ValueError, match="does not follow"):
        session.fold(tick)


def test_within_a_tick_silence_comes_first_and_packets_last() -> None:
    packet, link = HeartPacket(0.0, 60), LinkState(0.0, Link.LOST, "out of range")
    state, change = OutputState(OutputKind.READY, ""), ConfigChange({})
    dose, silence = Command(Act.DOSE, "page"), Command(Act.SILENCE, "page")
    arrived: list[Input] = [packet, link, change, state, dose, silence]
    stamped = [Stamped(0, seq, each) for seq, each in enumerate(arrived)]
    assert [each.input for each in sorted(stamped, key=fold_order)] == [silence, dose, state, change, packet, link]


@pytest.mark.parametrize(("acts", "plays"), [([Act.PLAY_ON, Act.SILENCE], False), ([Act.SILENCE, Act.PLAY_ON], True)])
def test_of_silence_and_play_on_in_one_tick_the_last_counts(acts: list[Act], plays: bool) -> None:
    session = Session(a_setup())
    folded = [session.fold(0, [Stamped(0, seq, Command(act, "page")) for seq, act in enumerate(acts)])]
    folded += [session.fold(tick) for tick in range(1, 41)]
    assert [cue.stop for each in folded for cue in each.cues] == [Stop.SILENCE] + [None] * plays


def test_a_changed_profile_is_in_force_with_the_next_decision() -> None:
    calmer = default_profile().model_dump(mode="json")
    for phase in calmer["arc"]["none"]:
        phase["tempo_bpm"] = 48.0
    change = {5 * TPS: [ConfigChange(calmer)]}
    rendering, _ = fold(a_setup(), 200, merged(START, change))
    assert rendering.decisions[-1].intent.tempo_bpm == pytest.approx(48.0)


def test_staff_only_follows_the_arc_whatever_the_heart_does() -> None:
    setup = a_setup(hears_a_heart=False)
    rendering, _ = fold(setup, 60, merged(START, heard(steady_heart(60, hr_bpm=180))))
    assert {decision.offset for decision in rendering.decisions} == {0.0}


@settings(max_examples=25)
@given(
    acts=st.dictionaries(st.integers(0, 50).map(float), st.sampled_from(list(Act)), max_size=8),
    seed=st.integers(0, 10),
)
def test_whatever_people_press_the_wire_ends_without_a_sounding_note(acts: dict[float, Act], seed: int) -> None:
    story = merged(START, commands(acts), {55 * TPS: [Command(Act.END, "test")]})
    rendering, _ = fold(a_setup(seed), 65, story)
    assert all(at_s <= 64 for at_s, _ in rendering.wire)

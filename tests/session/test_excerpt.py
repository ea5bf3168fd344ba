"""A minute out of a session stands by itself: it starts from level 0 and holds no note over."""

from engine.commands.demo import LEAST_HEARD_S
from engine.excerpt import excerpt, telling_start_s
from engine.inputs import Act
from engine.midi import TICK_S, MidiEvent, control, is_control, is_note_on, note_off, note_on
from engine.output.cues import FADE_S, Stop
from engine.output.guard import Guard
from sensors.simulated import SimulatedListener
from tests.session.sessions import a_setup, commands, fold, merged, pulled
from tests.stream_checker import check_stream


def at(second: float, data: bytes) -> MidiEvent:
    tick = int(second * 20)
    return MidiEvent(tick, round(second * 1e6) - tick * 50_000, data)


def test_a_note_that_began_before_is_left_out_whole() -> None:
    held, own = note_on(0, 60, 40), note_on(0, 64, 40)
    events = [at(1, held), at(11, own), at(12, note_off(0, 60)), at(13, note_off(0, 64))]
    assert excerpt(events, 10, 60) == [(1.0, own), (3.0, note_off(0, 64))]


def test_levels_rise_from_0_to_where_they_stood() -> None:
    played = excerpt([at(1, control(0, 11, 80)), at(1, control(0, 74, 50))], 10, 60)
    levels = [(at_s, data[2]) for at_s, data in played if data[1] == 11]
    assert played[0] == (0.0, control(0, 11, 0))
    assert (0.0, control(0, 74, 50)) in played
    assert levels[-1][1] == 80
    assert levels[-1][0] >= 10
    assert [value for _, value in levels] == sorted(value for _, value in levels)


def test_the_telling_minute_is_the_one_in_which_the_music_calms_most() -> None:
    story = merged(commands({0: Act.PLAY_ON}), pulled(SimulatedListener("distress", 1), 20 * 60))
    rendering, _ = fold(a_setup(), 20 * 60, story)
    start_s = telling_start_s(rendering.decisions, 60)
    before, after = rendering.decisions[int(start_s)], rendering.decisions[int(start_s) + 60]
    assert after.offset > before.offset + 0.5
    played = excerpt(rendering.events, start_s, 60)
    assert sum(is_note_on(data) for _, data in played) > 10
    assert all(0 <= at_s < 61 for at_s, _ in played)
    assert [at_s for at_s, _ in played] == sorted(at_s for at_s, _ in played)
    assert {data[1] for _, data in played if is_control(data)} == {11, 74}
    guard = Guard()
    guard.cue(0, None, 0.0)
    for at_s, data in played:
        guard.event(0, at_s, data)
    wire = guard.advance(60.0)
    guard.cue(1, Stop.SILENCE, 60.0)
    check_stream([*wire, *guard.advance(62.0)], composer=True, stops=[("silence", 60.0)])


def test_the_shortest_demo_is_heard_before_it_fades() -> None:
    story = merged(commands({0: Act.PLAY_ON}), pulled(SimulatedListener("distress", 1), 20 * 60))
    rendering, _ = fold(a_setup(), 20 * 60, story)
    start_s = telling_start_s(rendering.decisions, LEAST_HEARD_S)
    before_the_fade = LEAST_HEARD_S - FADE_S[Stop.END] - TICK_S
    heard = [data for at_s, data in excerpt(rendering.events, start_s, LEAST_HEARD_S) if at_s < before_the_fade]
    assert sum(is_note_on(data) for data in heard) > 5
    assert max(data[2] for data in heard if is_control(data) and data[1] == 11) > 40

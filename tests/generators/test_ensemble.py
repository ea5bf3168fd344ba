"""The layers together: how much they play, how they come and go, and what they never do."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.ensemble import Ensemble
from generators.moderation import Moderation
from generators.score import Intent, Note
from tests.generators.playing import CALM, NEUTRAL, SETTINGS, IntentAt, Played, always, play, windows


def rate(played: Played, from_s: float = 0.0) -> float:
    onsets = [at_s for at_s, _ in played.notes if at_s >= from_s]
    return len(onsets) / (onsets[-1] - from_s)


def falling(at_s: float) -> Intent:
    """Neutral for five minutes, then to the calm end within three, then back over nine."""
    share = min(max((at_s - 300) / 180, 0.0), 1.0) - min(max((at_s - 900) / 540, 0.0), 1.0)
    return replace(
        NEUTRAL,
        tempo_bpm=58 - 21 * share,
        density=0.75 * 0.26**share,
        level_db=-9.5 - 5 * share,
        register_top=79 - 12 * share,
        velocity_low=38 - 10 * share,
        velocity_high=58 - 16 * share,
        tension=0.4 * (1 - share),
        calm=share,
        may_grow=not 300 <= at_s < 900,
    )


def test_the_same_seed_plays_the_same_and_another_does_not() -> None:
    assert play(120, falling).notes == play(120, falling).notes
    assert play(120, falling).notes != play(120, falling, seed="2").notes


@pytest.mark.parametrize(("density", "least", "most"), [(1.0, 0.9, 1.5), (0.75, 0.8, 1.1), (0.55, 0.55, 0.9)])
def test_neutral_music_plays_about_a_note_a_second(density: float, least: float, most: float) -> None:
    assert least <= rate(play(900, always(NEUTRAL, density=density)), 60) <= most


def test_at_the_calm_end_a_third_of_it_is_left() -> None:
    played = play(900, falling)
    neutral = sum(60 <= at_s < 300 for at_s, _ in played.notes) / 240
    calm = sum(540 <= at_s < 900 for at_s, _ in played.notes) / 360
    assert 0.1 <= calm <= 0.3 * neutral


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 9999), st.lists(st.tuples(st.floats(0.05, 1), st.floats(34, 72)), min_size=3, max_size=3))
def test_limits_hold_for_any_seed_and_density(seed: int, path: list[tuple[float, float]]) -> None:
    def intent_at(at_s: float) -> Intent:
        density, tempo = path[min(int(at_s / 60), 2)]
        return replace(NEUTRAL, density=density, tempo_bpm=tempo)

    played = play(180, intent_at, seed=str(seed))
    onsets = sorted(at_s for at_s, _ in played.notes)
    assert all(onsets[i + 6] - onsets[i] > 1.0 for i in range(len(onsets) - 6))
    assert all(onsets[i + 3] - onsets[i] > 0.05 for i in range(len(onsets) - 3))
    sounding = [[n for s, n in played.notes if s <= at_s < s + n.length_s] for at_s in onsets]
    assert max(len(notes) for notes in sounding) <= 12
    assert max(sum(note.velocity for note in notes) for notes in sounding) <= 600
    assert all(note.velocity <= 72 and note.length_s <= 60 for _, note in played.notes)


def test_velocity_moves_by_8_at_most_within_a_layer() -> None:
    played = play(1500, falling)
    for spec in SETTINGS.layers:
        own = [note.velocity for _, note in played.of(spec.name)]
        assert all(abs(after - before) <= 8 for before, after in pairwise(own))


def test_a_struck_tone_is_never_struck_again_while_it_sounds() -> None:
    ends: dict[tuple[str, int], float] = {}
    for at_s, note in sorted(play(900, always(NEUTRAL, density=1.0)).notes, key=lambda timed: timed[0]):
        assert ends.get((note.layer, note.pitch), 0.0) <= at_s
        ends[note.layer, note.pitch] = at_s + note.length_s


def entries(played: Played) -> list[tuple[float, str]]:
    first: dict[str, float] = {}
    for at_s, note in played.notes:
        first.setdefault(note.layer, at_s)
    return sorted((at_s, layer) for layer, at_s in first.items())


def test_layers_enter_one_by_one_the_melody_last() -> None:
    told = entries(play(300, always(NEUTRAL, density=1.0)))
    assert {layer for _, layer in told[:2]} == {"drone", "pad"}
    assert told[-1][1] in ("melody", "bells")
    assert all(at_s >= 8 for at_s, layer in told if layer not in ("drone", "pad"))


def test_nothing_enters_while_it_may_not_grow() -> None:
    def intent_at(at_s: float) -> Intent:
        return replace(NEUTRAL, may_grow=at_s > 200)

    assert all(at_s > 200 for at_s, layer in entries(play(300, intent_at)) if layer not in ("drone", "pad"))


def test_the_melody_leaves_first_and_drone_and_pad_stay() -> None:
    late = {note.layer for at_s, note in play(900, falling).notes if at_s > 560}
    assert {"drone", "pad"} <= late
    assert not {"melody", "bells"} & late


def change_per_s(levels: list[tuple[float, float]]) -> tuple[float, float]:
    """Fastest rise and fall in dB over any second, below 20 as 20, less a step."""
    from math import log10

    told = [(at_s, 40 * log10(max(value, 20) / 127)) for at_s, value in levels]
    changes = [later - now for i, (at, now) in enumerate(told) for at_l, later in told[i:] if at_l <= at + 1.0]
    return max(changes), min(changes)


def test_a_layer_fades_within_the_rates_of_level_fade_and_swell() -> None:
    played = play(900, falling)
    for layer in ("bells", "melody", "pad"):
        rise, fall = change_per_s(played.levels(layer))
        assert rise <= 4.0 + 0.8
        assert fall >= -4.0 - 0.8


def test_the_level_never_rises_above_its_earlier_peaks_while_it_may_not_grow() -> None:
    for layer in ("drone", "pad", "bells", "melody"):
        levels = [(at_s, value) for at_s, value in play(900, falling).levels(layer) if 290 <= at_s < 900]
        before = max(value for at_s, value in levels if at_s < 301)
        assert all(value <= before + 1 for _, value in levels)


def test_after_a_silence_it_begins_again_with_drone_and_pad() -> None:
    ensemble = Ensemble(SETTINGS, "1")
    after: list[tuple[float, str]] = []
    for window, intent in windows(240, always(NEUTRAL)):
        if window.start_s == 120.0:
            ensemble.restart()
        notes = ensemble.play(window, intent)
        if round(window.start_s * 20) % 2 == 0:
            ensemble.shape(window, intent)
        if window.start_s >= 120.0:
            after.extend((window.start_s, note.layer) for note in notes)
    assert {layer for at_s, layer in after if at_s < 121.1} == {"drone", "pad"}
    assert {layer for at_s, layer in after if at_s < 128} == {"drone", "pad"}


def test_beats_that_ran_on_in_silence_are_skipped() -> None:
    ensemble = Ensemble(SETTINGS, "1")
    for window, intent in windows(30, always(NEUTRAL)):
        far = window._replace(start_beat=window.start_beat + 5000.25, end_beat=window.end_beat + 5000.25)
        assert all(far.start_beat <= note.at_beat < far.end_beat for note in ensemble.play(far, intent))


def test_more_than_three_at_once_are_spread_and_too_many_left_out() -> None:
    asked = [Note("pad", 0.0, 50 + 3 * place, 40, 5.0) for place in range(9)]
    admitted = Moderation().admit(asked, 10.0)
    late = sorted(note.late_s for note in admitted)
    assert len(admitted) <= 6
    assert all(late[i + 3] - late[i] > 0.05 for i in range(len(late) - 3))


def test_two_layers_never_strike_one_pitch_together() -> None:
    asked = [Note("melody", 0.0, 72, 44, 1.0), Note("bells", 0.0, 72, 37, 4.0), Note("bells", 0.0, 76, 37, 4.0)]
    admitted = Moderation().admit(asked, 10.0)
    assert [(note.layer, note.pitch) for note in admitted] == [("melody", 72), ("bells", 76)]


def calm_and_neutral() -> list[IntentAt]:
    return [always(NEUTRAL), always(CALM)]


@pytest.mark.parametrize("intent_at", calm_and_neutral())
def test_the_swell_dips_2_to_4_db(intent_at: IntentAt) -> None:
    from math import log10

    values = [value for at_s, value in play(120, intent_at).levels("pad") if at_s > 20]
    assert 2.0 - 0.3 <= 40 * log10(max(values) / min(values)) <= 4.0 + 0.3

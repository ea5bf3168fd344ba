"""The picture tells the session as it was."""

import sys
from dataclasses import replace
from math import sin
from pathlib import Path
from subprocess import run
from time import process_time

import pytest

from engine.affect.estimate import ArousalState, Estimate, Grade
from engine.decision import Decision
from engine.midi import control, note_off, note_on
from engine.output.saving import SaveError
from engine.record.picture import draw
from engine.record.picture_story import Span, drawn_notes, spans, tell
from generators.score import Intent

CALM = Intent(
    tempo_bpm=56,
    density=0.6,
    level_db=-10,
    brightness=55,
    register_top=77,
    velocity_low=36,
    velocity_high=54,
    tension=0.3,
    calm=0,
    breath_per_min=6,
    may_grow=True,
)
STEADY = Estimate(
    time_s=0,
    hr_bpm=72,
    expected_bpm=71,
    residual_bpm=1,
    slope_bpm_per_min=0,
    arousal=0.1,
    confidence=0.9,
    state=ArousalState.STEADY,
    baseline=Grade.GOOD,
    data_age_s=1,
    quality=1,
    gated=False,
    reasons=(),
)


def at(second: int, *, state: ArousalState = ArousalState.STEADY, phase: str = "plateau") -> Decision:
    estimate = replace(STEADY, time_s=second, hr_bpm=72 + 10 * sin(second / 200), state=state)
    offset = max(0.0, sin(second / 300))
    return Decision(
        tick=second * 20,
        estimate=estimate,
        intent=CALM,
        offset=offset,
        sensor_offset=offset,
        staff_offset=0.0,
        phase=phase,
        phase_left_s=None,
        playing="playing",
        onsets=1,
        limited_by=(),
        sentence="",
    )


def an_hour() -> tuple[list[Decision], list[tuple[float, bytes]]]:
    decisions = [at(second, phase="onset" if second < 600 else "plateau") for second in range(3600)]
    notes: list[tuple[float, bytes]] = []
    for second in range(0, 3600, 2):
        channel, pitch = second % 6, 40 + second % 40
        notes += [(second, note_on(channel, pitch, 48)), (second + 1.5, note_off(channel, pitch))]
    return decisions, notes


def test_an_hour_is_drawn_in_three_seconds_and_equal_sessions_give_equal_pictures(tmp_path: Path) -> None:
    decisions, notes = an_hour()
    draw(decisions, notes, tmp_path / "a.png", marks=[(600, "dose")], layers={0: "pad"})
    started = process_time()
    draw(decisions, notes, tmp_path / "b.png", marks=[(600, "dose")], layers={0: "pad"})
    assert process_time() - started < 3.0
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_session_without_heart_notes_or_anything_at_all_is_a_picture_too(tmp_path: Path) -> None:
    unknown = replace(at(0), estimate=replace(STEADY, hr_bpm=None, expected_bpm=None, residual_bpm=None))
    draw([unknown, replace(unknown, tick=20)], [], tmp_path / "a.png")
    draw([], [], tmp_path / "b.png")
    assert (tmp_path / "b.png").is_file()


def test_a_note_ends_at_its_off_at_its_next_stroke_or_with_the_session() -> None:
    notes = drawn_notes(
        [
            (0.0, note_on(0, 60, 40)),
            (2.0, note_on(0, 60, 44)),
            (3.0, note_off(0, 60)),
            (4.0, note_on(1, 50, 30)),
            (9.0, control(1, 11, 0)),
        ]
    )
    assert [(note.start_s, note.end_s, note.velocity) for note in notes] == [(0, 2, 40), (2, 3, 44), (4, 9, 30)]


def test_spans_join_neighbours_and_do_not_bridge_a_gap() -> None:
    said = [(0.0, "steady"), (1.0, "steady"), (2.0, "rising"), (3.0, "rising"), (90.0, "rising"), (91.0, "rising")]
    assert spans(said) == [Span(0.0, 2.0, "steady"), Span(2.0, 3.0, "rising"), Span(90.0, 91.0, "rising")]


def test_a_phase_is_shown_by_its_bar_and_not_a_second_time_as_a_mark() -> None:
    decisions, notes = an_hour()
    story = tell(decisions, notes, marks=[(600.0, "plateau"), (610.0, "dose")], layers={}, title="")
    assert story.marks == [(610.0, "dose")]
    assert [phase.word for phase in story.phases] == ["onset", "plateau"]


def test_a_full_disk_is_one_sentence() -> None:
    with pytest.raises(SaveError, match=r"^Cannot save /dev/full: No space left"):
        draw([at(0)], [], "/dev/full")


def test_matplotlib_is_not_loaded_before_something_is_drawn() -> None:
    probe = "import sys, engine.record.picture; sys.exit('matplotlib' in sys.modules or 'numpy' in sys.modules)"
    assert run([sys.executable, "-c", probe], check=False).returncode == 0

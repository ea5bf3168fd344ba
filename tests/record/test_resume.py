"""A room that was cut off comes back as it stood: estimator, arc and drug time, silent, in the same record."""

import datetime as dt
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.affect.arousal import Estimator
from engine.decision import Decision
from engine.inputs import Act, Command, ConfigChange, Resumed, Stamped
from engine.offline import Mark, Stamper
from engine.record.database import JournalError
from engine.record.folder import RecordFolder, WallTime, head, new_folder, run_head
from engine.record.journal import Journal, RunHead
from engine.record.past import marks_ahead, past_ticks, refold, relive
from engine.record.recorded import broken_batch, read, read_inputs
from engine.record.unfinished import OFFERED_S, find_unfinished, lives_s, second_zero, why_none
from engine.session import Session
from tests.record.lives import NOON, SETUP, live
from tests.session.sessions import a_setup, commands, default_profile, heard, merged, steady_heart


@pytest.fixture(scope="module")
def uncut(tmp_path_factory: pytest.TempPathFactory) -> list[Decision]:
    return live(tmp_path_factory.mktemp("uncut") / "session.sqlite", 13)


def test_after_a_short_cut_arc_drug_and_estimate_are_as_if_nothing_had_been(
    tmp_path: Path, uncut: list[Decision]
) -> None:
    path = tmp_path / "session.sqlite"
    live(path, 13, dies_s=600.3)
    later = live(path, 13, comes_back_s=604.0)
    before = {decision.tick: decision for decision in uncut}
    there, here = before[later[-1].tick], later[-1]
    assert here.phase == there.phase
    assert here.phase_left_s == pytest.approx(there.phase_left_s)
    assert here.estimate.baseline == there.estimate.baseline
    assert here.estimate.expected_bpm == pytest.approx(there.estimate.expected_bpm, abs=1.0)
    assert broken_batch(path) is None


def test_the_record_goes_on_in_the_same_file_and_folds_to_the_same_events(tmp_path: Path) -> None:
    path = tmp_path / "session.sqlite"
    live(path, 8, dies_s=200.35)
    live(path, 8, dies_s=300.1, comes_back_s=230.0)
    live(path, 8, comes_back_s=400.0)
    recorded = read(path)
    resumes = [each.input for each in recorded.inputs if isinstance(each.input, Resumed)]
    assert [resume.run for resume in resumes] == [1, 2]
    assert [run.run for run in recorded.runs] == [0, 1, 2]
    assert [resume.gap_s for resume in resumes] == [pytest.approx(30, abs=1.5), pytest.approx(100, abs=1.5)]
    assert len(recorded.events) > 100
    assert tuple(refold(recorded).events) == recorded.events
    assert len({each.seq for each in recorded.inputs}) == len(recorded.inputs)
    assert recorded.is_ended


def test_a_run_that_died_before_its_first_commit_does_not_stand_in_the_next_one_s_way(tmp_path: Path) -> None:
    path = tmp_path / "session.sqlite"
    live(path, 4, dies_s=100.0)
    live(path, 4, dies_s=100.0, comes_back_s=110.0)
    live(path, 4, comes_back_s=120.0)
    recorded = read(path)
    assert [run.run for run in recorded.runs] == [0, 1, 2]
    assert recorded.is_ended
    assert tuple(refold(recorded).events) == recorded.events


def test_a_session_relived_is_the_one_that_was_composed(tmp_path: Path) -> None:
    path = tmp_path / "session.sqlite"
    live(path, 8, dies_s=400.0)
    inputs = read_inputs(path)
    composed, relived = Session(SETUP), relive(inputs)
    for tick, stamped in past_ticks(inputs.inputs, inputs.next_tick):
        composed.fold(tick, stamped)
    assert relived.epoch == composed.epoch
    assert relived.next_tick == composed.next_tick
    resumed = composed.next_tick + 400
    back = inputs.inputs[-1].seq + 1
    for session in (composed, relived):
        session.fold(resumed, [_resumed(resumed, back)])
    for tick in range(resumed + 1, resumed + 100):
        assert composed.fold(tick) == relived.fold(tick)


def _resumed(tick: int, seq: int) -> Stamped:
    return Stamped(tick, seq, Resumed(20.0, 1))


CALMER = default_profile().model_dump(mode="json") | {"response": "steady", "rest_offset": 0.7}


@settings(max_examples=30)
@given(
    acts=st.dictionaries(st.integers(0, 590), st.sampled_from([act for act in Act if act is not Act.END]), max_size=8),
    change=st.integers(0, 590),
    shadow=st.booleans(),
    seed=st.integers(0, 5),
    gap=st.integers(1, 20_000),
)
def test_whatever_was_lived_a_relived_session_goes_on_as_the_composed_one_would(
    acts: dict[int, Act], change: int, shadow: bool, seed: int, gap: int
) -> None:
    given_at = merged(heard(steady_heart(30, 70.0)), commands({tick / 20: act for tick, act in acts.items()}))
    given_at = merged({0: [Command(Act.PLAY_ON, "start")]}, given_at, {change: [ConfigChange(CALMER)]})
    composed, relived = (Session(replace(a_setup(seed), shadow=shadow)) for _ in range(2))
    stamper = Stamper()
    for tick in range(600):
        stamped = [stamper.stamp(tick, each) for each in given_at.get(tick, ())]
        composed.fold(tick, stamped)
        relived.relive(tick, stamped)
    back = 600 + gap
    resumed = [stamper.stamp(back, Resumed(gap / 20, 1))]
    assert composed.fold(back, resumed) == relived.fold(back, resumed)
    play_on = [stamper.stamp(back + 1, Command(Act.PLAY_ON, "key"))]
    assert composed.fold(back + 1, play_on) == relived.fold(back + 1, play_on)
    for tick in range(back + 2, back + 200):
        assert composed.fold(tick) == relived.fold(tick)


def test_only_marks_that_were_not_recorded_are_still_planned(tmp_path: Path) -> None:
    path = tmp_path / "session.sqlite"
    live(path, 8, dies_s=100.0)
    inputs = read_inputs(path)
    planned = [Mark(60.0, Act.DOSE), Mark(200.0, Act.CUFF), Mark(300.0, Act.DOSE)]
    assert marks_ahead(planned, inputs) == (planned[1], planned[2])


class TestWhatIsOffered:
    """A room's newest session, cut off, and not too long ago."""

    def cut_off(self, records: Path, room: str = "room", ended: bool = False) -> None:
        folder = new_folder(records, room, lambda: NOON)
        live(folder.journal, 1 if ended else 5, dies_s=None if ended else 40.0)

    def offered(self, records: Path, room: str = "room", now_s: float = 60.0) -> float | None:
        boot = read_inputs(next(records.glob("*/session.sqlite"))).runs[0].boot
        found = find_unfinished(records, room, boot, now_s, lambda: NOON)
        return found.ago_s if found else None

    def test_what_was_cut_off_is(self, tmp_path: Path) -> None:
        self.cut_off(tmp_path)
        assert self.offered(tmp_path) == pytest.approx(20.0, abs=1.5)

    def test_what_was_ended_is_not(self, tmp_path: Path) -> None:
        self.cut_off(tmp_path, ended=True)
        assert self.offered(tmp_path) is None

    def test_why_there_is_none_is_told_as_it_is(self, tmp_path: Path) -> None:
        def why() -> str:
            assert find_unfinished(tmp_path, "room", "this boot", 2000.0 + OFFERED_S, at(250)) is None
            return why_none(tmp_path, "room", "this boot")

        assert why() == f"There is no record of room 'room' in {tmp_path}"
        begun(tmp_path, start_s=0.0, wall_min=0)
        assert why() == "The newest session of room 'room' was cut off more than 3 hours ago"
        ended = begun(tmp_path, start_s=600.0, wall_min=10)
        journal = Journal(ended.journal)
        journal.open()
        journal.take(Stamped(70 * 20, 2, Command(Act.END, "page")))
        journal.close()
        assert why() == "The newest session of room 'room' was ended, and an older one is never taken up"

    def test_another_room_s_is_not(self, tmp_path: Path) -> None:
        self.cut_off(tmp_path)
        assert self.offered(tmp_path, room="oom") is None
        assert self.offered(tmp_path, room="other") is None

    def test_yesterday_s_is_not(self, tmp_path: Path) -> None:
        self.cut_off(tmp_path)
        assert self.offered(tmp_path, now_s=60.0 + OFFERED_S) is None

    def test_a_broken_record_is_not_and_that_is_said(self, tmp_path: Path) -> None:
        new_folder(tmp_path, "room", lambda: NOON).journal.write_bytes(b"no database" * 100)
        with pytest.raises(JournalError, match="is not a calando record"):
            find_unfinished(tmp_path, "room", "", 0.0, lambda: NOON)

    def test_one_of_another_version_is_not_and_that_is_said(self, tmp_path: Path) -> None:
        self.cut_off(tmp_path)
        rewrite(tmp_path, "UPDATE meta SET value = '2' WHERE key = 'format'")
        with pytest.raises(JournalError, match="has format 2"):
            self.offered(tmp_path)

    def test_one_with_a_profile_that_is_not_known_here_is_not_and_that_is_said(self, tmp_path: Path) -> None:
        self.cut_off(tmp_path)
        rewrite(tmp_path, "UPDATE meta SET value = json_set(value, '$.a_later_key', 1) WHERE key = 'profile'")
        with pytest.raises(JournalError, match=r"none that this calando knows \(a_later_key"):
            self.offered(tmp_path)

    @pytest.mark.parametrize("part", ["hear", "advance"])
    def test_one_that_fails_when_it_is_lived_again_is_not(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
    ) -> None:
        self.cut_off(tmp_path)
        monkeypatch.setattr(Estimator, part, fail)
        with pytest.raises(JournalError, match=r"cannot be lived again: it fails inside \(ZeroDivisionError\)\.$"):
            self.offered(tmp_path)

    def test_one_whose_next_second_fails_is_not(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cut_off(tmp_path)
        monkeypatch.setattr(Session, "_decide", fail)
        with pytest.raises(JournalError, match="cannot be lived again"):
            self.offered(tmp_path)

    def test_what_is_offered_stands_as_it_was_left(self, tmp_path: Path) -> None:
        self.cut_off(tmp_path)
        inputs = read_inputs(next(tmp_path.glob("*/session.sqlite")))
        found = find_unfinished(tmp_path, "room", inputs.runs[0].boot, 60.0, lambda: NOON)
        assert found
        relived, tick = relive(inputs), inputs.next_tick + 300
        back = [_resumed(tick, inputs.last_seq + 1)]
        assert found.session.fold(tick, back) == relived.fold(tick, back)
        for later in range(tick + 1, tick + 100):
            assert found.session.fold(later) == relived.fold(later)

    def test_the_newest_is_even_where_the_wall_clock_went_back_between_two(self, tmp_path: Path) -> None:
        first = begun(tmp_path, start_s=1000.0, wall_min=50)
        second = begun(tmp_path, start_s=2200.0, wall_min=10)
        assert first.path.name > second.path.name
        found = find_unfinished(tmp_path, "room", "this boot", 2400.0, at(15))
        assert found
        assert found.folder == second
        assert found.ago_s == pytest.approx(140.0, abs=1.0)

    def test_of_a_damaged_newest_and_an_older_one_nothing_is(self, tmp_path: Path) -> None:
        begun(tmp_path, start_s=1000.0, wall_min=0)
        begun(tmp_path, start_s=1400.0, wall_min=6).journal.write_bytes(b"junk" * 500)
        with pytest.raises(JournalError, match="is not a calando record"):
            find_unfinished(tmp_path, "room", "this boot", 1600.0, at(9))

    def test_a_boot_without_a_name_is_not_taken_for_the_same(self, tmp_path: Path) -> None:
        begun(tmp_path, start_s=50_000.0, wall_min=0, boot="")
        two_days = 2 * 24 * 60
        assert find_unfinished(tmp_path, "room", "", 100.0, at(two_days)) is None
        found = find_unfinished(tmp_path, "room", "", 100.0, at(5))
        assert found
        assert found.ago_s == pytest.approx(240.0, abs=1.0)

    def test_what_a_clock_that_went_back_makes_look_new_is_not_taken_up_by_itself(self, tmp_path: Path) -> None:
        begun(tmp_path, start_s=1000.0, wall_min=0, boot="the one before")
        found = find_unfinished(tmp_path, "room", "this boot", 100.0, at(-60))
        assert found
        assert not found.goes_on_by_itself
        assert "was cut off 00:00 ago" in str(found)
        assert found.start_s == pytest.approx(40.0, abs=1.0)

    @pytest.mark.parametrize(
        ("lived_s", "by_itself"), [((5, 5, 5), False), ((60, 5, 5, 5), False), ((5, 5, 60), True), ((5, 5), True)]
    )
    def test_one_that_fails_again_and_again_does_not_go_on_by_itself(
        self, tmp_path: Path, lived_s: tuple[int, ...], by_itself: bool
    ) -> None:
        folder = begun(tmp_path, start_s=0.0, wall_min=0)
        journal, reached = Journal(folder.journal), 1201
        journal.open()
        for run, each_s in enumerate(lived_s, start=1):
            journal.take(Stamped(reached + 40, 10 * run, Resumed(2.0, run)))
            reached += 40 + each_s * 20
            journal.take(Stamped(reached - 1, 10 * run + 1, Command(Act.EASE, "page")))
        journal.close()
        assert lives_s(read_inputs(folder.journal)) == [pytest.approx(each) for each in (60.05, *lived_s)]
        found = find_unfinished(tmp_path, "room", "this boot", reached / 20 + 1.0, at(9))
        assert found
        assert found.goes_on_by_itself is by_itself


def begun(records: Path, *, start_s: float, wall_min: float, boot: str = "this boot") -> RecordFolder:
    """A session that reached its first minute, then was cut off."""
    folder = new_folder(records, "room", at(wall_min))
    journal = Journal(folder.journal)
    journal.open(head(SETUP, "room", at(wall_min)))
    journal.take_run(RunHead(0, start_s, boot, at(wall_min)().timestamp(), "1", "x"))
    journal.take(Stamped(60 * 20, 1, Command(Act.DOSE, "page")))
    journal.close()
    return folder


def at(minute: float) -> WallTime:
    return lambda: NOON + dt.timedelta(minutes=minute)


def rewrite(records: Path, statement: str) -> None:
    with closing(sqlite3.connect(next(records.glob("*/session.sqlite")))) as database, database:
        database.execute(statement)


def fail(*_: object) -> None:
    raise ZeroDivisionError


def test_after_a_restart_of_the_computer_its_wall_clock_says_how_long_it_was() -> None:
    began = run_head(0, 500.0, 500.0, lambda: NOON)
    assert second_zero(began, began.boot, 700.0, lambda: NOON) == 500.0
    later = NOON + dt.timedelta(seconds=90)
    assert second_zero(began, "another boot", 30.0, lambda: later) == pytest.approx(-60.0)

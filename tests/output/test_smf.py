"""A session's MIDI file plays what the wire held, when it held it."""

import os
from pathlib import Path
from time import process_time

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.midi import MidiEvent, control, note_off, note_on
from engine.output.saving import SaveError
from engine.output.smf import Marker, Piece, encode, write_mid
from tests.midi_files import read_mid

HALF_A_TICK_S = 60 / 34 / 960 / 2 + 2e-6

times_s = st.floats(0, 3600).map(lambda t: round(t, 6))
messages = st.builds(control, st.integers(0, 15), st.sampled_from((7, 11, 74)), st.integers(0, 127))
tempi = st.lists(st.tuples(times_s, st.floats(34, 72)), max_size=60).map(sorted)


def saved(path: Path, piece: Piece) -> list[tuple[float, bytes]]:
    write_mid(path / "piece.mid", piece)
    return read_mid(path / "piece.mid")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("smf")


@given(events=st.lists(st.tuples(times_s, messages), max_size=40), tempo=tempi)
def test_every_event_plays_at_its_own_time_whatever_the_tempo_does(
    folder: Path, events: list[tuple[float, bytes]], tempo: list[tuple[float, float]]
) -> None:
    heard = saved(folder, Piece(events, tempo))

    def by_channel(timed: list[tuple[float, bytes]]) -> list[tuple[float, bytes]]:
        return sorted(sorted(timed, key=lambda event: event[0]), key=lambda event: event[1][0])

    assert [data for _, data in by_channel(heard)] == [data for _, data in by_channel(events)]
    for (heard_s, _), (asked_s, _) in zip(by_channel(heard), by_channel(events), strict=True):
        assert abs(heard_s - asked_s) <= HALF_A_TICK_S


def test_a_tempo_that_glides_for_an_hour_adds_no_error_up(tmp_path: Path) -> None:
    glide = [(second / 20, 58 - 20 * abs(second % 24000 / 12000 - 1)) for second in range(72_000)]
    ticks = [MidiEvent(second * 20, 0, note_on(0, 60, 40)) for second in range(3600)]
    heard = saved(tmp_path, Piece(ticks, glide))
    assert max(abs(time_s - second) for second, (time_s, _) in enumerate(heard)) <= HALF_A_TICK_S


def test_beats_fall_where_the_session_counted_them(tmp_path: Path) -> None:
    write_mid(tmp_path / "a.mid", Piece([(90.0, note_on(0, 60, 40))], [(0.0, 60.0), (30.0, 40.0)]))
    file = mido.MidiFile(tmp_path / "a.mid")
    beats = sum(message.time for message in file.tracks[1]) / file.ticks_per_beat
    assert beats == pytest.approx(30 + 40, abs=1e-3)


def test_each_layer_has_a_track_of_its_own_and_marks_stand_beside_the_tempo(tmp_path: Path) -> None:
    piece = Piece(
        events=[(1.0, note_on(0, 60, 40)), (2.0, note_off(0, 60)), (2.0, note_on(4, 40, 30))],
        tempo=[(0.0, 56.0)],
        layers={1: "drone", 0: "pad"},
        markers=[Marker(5.0, "silence"), Marker(0.5, "onset")],
        name="default",
    )
    write_mid(tmp_path / "a.mid", piece)
    file = mido.MidiFile(tmp_path / "a.mid")
    assert file.type == 1
    assert [track.name for track in file.tracks] == ["default", "pad", "drone", "channel 5"]
    assert [message.text for message in file.tracks[0] if message.type == "marker"] == ["onset", "silence"]


def test_a_note_off_and_the_next_note_on_keep_their_order_within_an_instant(tmp_path: Path) -> None:
    instant = [(1.0, note_on(0, 60, 40)), (3.0, note_off(0, 60)), (3.0, note_on(0, 60, 44)), (3.0, note_off(0, 60))]
    assert [data for _, data in saved(tmp_path, Piece(instant))] == [data for _, data in instant]


def test_clock_stays_out_of_the_file(tmp_path: Path) -> None:
    assert saved(tmp_path, Piece([(0.0, b"\xfa"), (0.5, b"\xf8"), (1.0, control(0, 11, 9))])) == [
        (1.0, control(0, 11, 9))
    ]


def test_equal_pieces_give_equal_bytes_and_an_empty_one_is_a_file_too() -> None:
    assert encode(Piece([(1.0, note_on(0, 60, 40))])) == encode(Piece([MidiEvent(20, 0, note_on(0, 60, 40))]))
    assert encode(Piece([])).startswith(b"MThd")


def test_an_hour_is_written_in_half_a_second() -> None:
    events = [MidiEvent(tick, 0, control(tick % 6, 11, tick % 128)) for tick in range(0, 72_000, 2)]
    tempo = [(second, 40 + second % 17) for second in range(3600)]
    started = process_time()
    encode(Piece(events, tempo))
    assert process_time() - started < 0.5


def test_a_full_disk_is_one_sentence_and_the_device_stays_what_it_is() -> None:
    with pytest.raises(SaveError, match=r"^Cannot save /dev/full: No space left on device; make room .*\.$"):
        write_mid("/dev/full", Piece([(1.0, note_on(0, 60, 40))]))
    assert Path("/dev/full").is_char_device()


def test_a_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SaveError, match=r"No such file or directory; choose another place\.$"):
        write_mid(tmp_path / "nowhere" / "a.mid", Piece([]))


def test_a_failed_save_leaves_the_file_that_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_mid(tmp_path / "a.mid", Piece([]))
    before = (tmp_path / "a.mid").read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SaveError):
        write_mid(tmp_path / "a.mid", Piece([(1.0, note_on(0, 60, 40))]))
    assert (tmp_path / "a.mid").read_bytes() == before
    assert list(tmp_path.iterdir()) == [tmp_path / "a.mid"]

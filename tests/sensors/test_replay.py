"""Recordings are heard as a strap would have sent them: once a second, in order, nothing invented across a hole."""

from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.capture import HEADING, capture_line
from sensors.heart import RR_TICKS_PER_SECOND, Contact, HeartPacket, Link, LinkState, SourceEvent, event_time_s
from sensors.heart_rate_service import decode, encode
from sensors.replay import LabelSpan, Replay, ReplayError, ReplayWordsError, parse_replay_spec
from sensors.simulated import SimulatedListener
from tests.parts import DATA, needs


def packets(replay: Replay) -> list[HeartPacket]:
    return [event for event in replay.events if isinstance(event, HeartPacket)]


def links(replay: Replay) -> list[LinkState]:
    return [event for event in replay.events if isinstance(event, LinkState)]


def ticks(replay: Replay) -> list[int]:
    return [rr for packet in packets(replay) for rr in packet.rr_ticks]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "recording.csv"


def opened(file: Path, text: str, subject: str | None = None) -> Replay:
    file.write_text(text, encoding="utf-8")
    return Replay.open(file, subject)


def refusal(file: Path, text: str, subject: str | None = None) -> str:
    with pytest.raises(ReplayError) as caught:
        opened(file, text, subject)
    return str(caught.value).removeprefix(str(file))


class TestBeats:
    def test_the_beats_of_a_second_come_in_one_packet_at_its_end(self, file: Path) -> None:
        heard = opened(file, "time_s,rr_ms\n0.8,800\n1.6,800\n1.99,390\n2.8,810\n")
        assert [packet.arrival_s for packet in packets(heard)] == [1, 2, 3]
        assert [len(packet.rr_ticks) for packet in packets(heard)] == [1, 2, 1]
        assert packets(heard)[0] == HeartPacket(1.0, 75, (round(0.8 * RR_TICKS_PER_SECOND),), Contact.UNSUPPORTED)
        assert heard.duration_s == 4

    def test_where_time_goes_back_another_part_follows_on_and_does_not_touch(self, file: Path) -> None:
        heard = opened(file, "time_s,rr_ms,label\n1.0,1000,sit\n2.0,1000,sit\n1.5,500,walk\n2.0,500,walk\n")
        assert [packet.arrival_s for packet in packets(heard)] == [2, 3, 3, 4]
        lost, back = links(heard)[1:]
        assert (lost.link, back.link, lost.at_s, back.at_s) == (Link.LOST, Link.STREAMING_RR, 3.0, 3.0)
        assert [type(event) for event in heard.events[3:]] == [LinkState, LinkState, HeartPacket, HeartPacket]
        assert heard.labels == (LabelSpan(0, 2, "sit"), LabelSpan(2, 3, "walk"))

    def test_a_hole_in_the_beats_is_a_lost_link(self, file: Path) -> None:
        heard = opened(file, "time_s,rr_ms\n1,900\n2,1000\n20,950\n21,1000\n")
        assert [(state.link, state.at_s) for state in links(heard)[1:]] == [(Link.LOST, 21), (Link.STREAMING_RR, 21)]
        assert links(heard)[1].why == "17 s are missing in the recording"

    def test_one_missed_beat_is_no_hole(self, file: Path) -> None:
        assert len(links(opened(file, "time_s,rr_ms\n1,900\n2,1000\n4,1000\n5,1000\n"))) == 1

    def test_an_interval_too_long_for_a_packet_is_a_hole_and_not_sent(self, file: Path) -> None:
        heard = opened(file, "time_s,rr_ms\n1,900\n101,100000\n102,1000\n")
        assert ticks(heard) == [922, 1024]
        assert [state.link for state in links(heard)] == [Link.STREAMING_RR, Link.LOST, Link.STREAMING_RR]

    def test_a_recording_on_another_clock_begins_at_0(self, file: Path) -> None:
        heard = opened(file, "time_s,rr_ms\n1700000000.9,900\n1700000001.8,900\n")
        assert [packet.arrival_s for packet in packets(heard)] == [1, 2]

    def test_a_leap_of_more_than_a_day_is_another_part(self, file: Path) -> None:
        assert opened(file, "time_s,rr_ms\n1,900\n1e12,900\n").duration_s < 5

    def test_columns_come_in_any_order_with_any_delimiter_and_comments(self, file: Path) -> None:
        heard = opened(file, "# a note\n\nlabel;RR_ms; time_s\nsit;800;0.8\n# another\nsit;810;1.61\n")
        assert ticks(heard) == [819, 829]

    def test_intervals_without_times_follow_one_another(self, file: Path) -> None:
        assert [packet.arrival_s for packet in packets(opened(file, "rr_ms\n900\n900\n900\n"))] == [1, 2, 3]


class TestHeartRateOnly:
    def test_each_rate_is_a_packet_without_intervals(self, file: Path) -> None:
        heard = opened(file, "time_s,hr_bpm\n0,71.6\n1,72\n2,\n")
        assert packets(heard) == [HeartPacket(0.0, 72), HeartPacket(1.0, 72), HeartPacket(2.0, 0)]
        assert [state.link for state in links(heard)] == [Link.STREAMING_HR_ONLY]

    def test_a_hole_in_the_rates_is_a_lost_link(self, file: Path) -> None:
        heard = opened(file, "time_s,hr_bpm\n0,71\n5,72\n120,73\n")
        assert [state.link for state in links(heard)][1:] == [Link.LOST, Link.STREAMING_HR_ONLY]


class TestPlainText:
    @pytest.mark.parametrize(
        "text",
        [
            "800\n810\n790\n",
            "0.800\n0.810\n0.790\n",
            "# Kubios\n0.8 0.800\n1.61 0.810\n2.4 0.790\n",
            "0.8\t800\n1.61\t810\n2.4\t790",
        ],
        ids=["elite ms", "seconds", "time and seconds", "time and ms"],
    )
    def test_intervals_of_other_apps_are_the_same_intervals(self, text: str, file: Path) -> None:
        heard = opened(file, text)
        assert ticks(heard) == [819, 829, 809]
        assert [packet.arrival_s for packet in packets(heard)] == [1, 2, 3]

    def test_times_in_milliseconds_are_seen_for_what_they_are(self, file: Path) -> None:
        heard = opened(file, "800 800\n1610 810\n2400 790\n")
        assert [packet.arrival_s for packet in packets(heard)] == [1, 2, 3]


class TestSubjects:
    TWO = "subject,time_s,rr_ms\nG01,1,900\nG02,1,800\nG01,2,1000\n"

    def test_one_of_several_people_is_chosen(self, file: Path) -> None:
        assert ticks(opened(file, self.TWO, "G01")) == [922, 1024]
        assert ticks(opened(file, self.TWO, "G02")) == [819]

    def test_several_people_are_never_heard_as_one(self, file: Path) -> None:
        assert refusal(file, self.TWO) == " holds 2 people: choose one with ?subject=G01 (G01, G02)"

    def test_an_unknown_person_is_told_with_the_nearest(self, file: Path) -> None:
        assert refusal(file, self.TWO, "G1") == " has no subject 'G1': did you mean 'G01'?"

    def test_a_single_person_needs_no_choice(self, file: Path) -> None:
        assert ticks(opened(file, "subject,time_s,rr_ms\nG01,1,1000\n")) == [1024]

    @pytest.mark.parametrize("text", ["time_s,rr_ms\n1,900\n", "900\n"])
    def test_a_file_that_names_nobody_cannot_be_asked_for_somebody(self, text: str, file: Path) -> None:
        assert "leave ?subject= away" in refusal(file, text, "G01")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", " is empty"),
        ("# nothing\n\n", " is empty"),
        ("time_s,rr_ms\n", " holds no heartbeats"),
        ("time,beat\n1,2\n", ":1: a recording needs the columns"),
        ("time_s,rr_ms\n1,900\n2,oops\n", ":3: rr_ms must be a number, not text"),
        ("time_s,rr_ms\n1,900\n2\n", ":3: rr_ms must be a number, not nothing"),
        ("time_s,rr_ms\nnan,900\n", ":2: time_s must be a finite number"),
        ("time_s,rr_ms\n1,inf\n", ":2: rr_ms must be a finite number"),
        ("time_s,rr_ms\n1,0\n", ":2: an RR interval is above 0"),
        ("time_s,rr_ms\n1,1e9\n", ":2: an RR interval is above 0 and up to ten minutes long, not 1e+09 ms"),
        ("time_s,hr_bpm\n1,-4\n", ":2: hr_bpm must not be below 0"),
        ("800\n810\nabc\n", ":3: 'abc' is no RR interval"),
        ("800\n1 2 3\n", ":2: '1 2 3' is no RR interval"),
        ("800\n0.8 800\n", " has lines of one number and lines of two"),
        ("800\nnan\n", ":2: 'nan' is no RR interval"),
        (f"{HEADING}\n", "a recording without a single heartbeat"),
        (f"{HEADING}\n1.0,zz\n", ":2: '1.0,zz' is no packet"),
        (f"{HEADING}\nnan,1048\n", ":2: 'nan,1048' is no packet"),
    ],
)
def test_what_cannot_be_heard_is_told_in_one_sentence(text: str, words: str, file: Path) -> None:
    told = refusal(file, text)
    assert words in told
    assert "\n" not in told


def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReplayError, match="there is no recording"):
        Replay.open(tmp_path / "gone.csv")
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(ReplayError, match="is not a text file"):
        Replay.open(tmp_path / "photo.jpg")


@given(text=st.text(max_size=80))
def test_whatever_a_file_holds_it_is_played_or_told(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.getbasetemp() / "any.csv"
    file.write_text(text, encoding="utf-8", newline="")
    with suppress(ReplayError):
        assert Replay.open(file).events


@given(
    rr_ms=st.lists(st.integers(300, 2000), min_size=1, max_size=60),
    stops_s=st.lists(st.floats(0, 200, allow_nan=False), max_size=20),
)
def test_every_interval_is_pulled_once_in_order_and_not_before_its_time(
    rr_ms: list[int], stops_s: list[float], tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.getbasetemp() / "intervals.txt"
    replay = opened(file, "".join(f"{rr}\n" for rr in rr_ms))
    pulled: list[SourceEvent] = []
    for until_s in [*sorted(stops_s), replay.duration_s]:
        now = replay.pull(until_s)
        assert all(event_time_s(event) < until_s for event in now)
        pulled += now
    assert tuple(pulled) == replay.events
    assert ticks(replay) == [round(rr * RR_TICKS_PER_SECOND / 1000) for rr in rr_ms]
    assert all(event_time_s(before) <= event_time_s(after) for before, after in pairwise(pulled))


class TestCapture:
    def test_a_captured_strap_is_heard_again_packet_for_packet(self, file: Path) -> None:
        heard = [event for event in SimulatedListener("contact-loss", 1).pull(700) if isinstance(event, HeartPacket)]
        lines = [capture_line(1000 + packet.arrival_s, encode(packet)) for packet in heard]
        again = opened(file, "\n".join([HEADING, *lines]))
        assert [packet.rr_ticks for packet in packets(again)] == [packet.rr_ticks for packet in heard]
        assert packets(again)[5].arrival_s == pytest.approx(heard[5].arrival_s - heard[0].arrival_s, abs=1e-5)
        assert [state.link for state in links(again)] == [Link.STREAMING_RR, Link.NO_CONTACT, Link.STREAMING_RR]

    def test_a_stall_is_told_when_it_was_noticed_and_garbage_is_passed_over(self, file: Path) -> None:
        beat = encode(HeartPacket(0, 60, (1024,)))
        heard = opened(file, "\n".join([HEADING, *(capture_line(at, beat) for at in (0, 1, 2, 30)), "31,"]))
        assert [(state.link, state.at_s) for state in links(heard)] == [
            (Link.STREAMING_RR, 0),
            (Link.STALLED, 7),
            (Link.STREAMING_RR, 30),
        ]
        assert len(packets(heard)) == 4


PAYLOADS = st.lists(st.tuples(st.integers(0, 3_000_000), st.binary(max_size=20)), min_size=1, max_size=40)


@given(payloads=PAYLOADS)
def test_what_was_captured_is_heard_again_to_the_microsecond_and_garbage_is_not(
    payloads: list[tuple[int, bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.getbasetemp() / "captured.csv"
    at_us = [sum(step for step, _ in payloads[: index + 1]) for index in range(len(payloads))]
    lines = [capture_line(at / 1e6, payload) for at, (_, payload) in zip(at_us, payloads, strict=True)]
    read = [decode(payload, (at - at_us[0]) / 1e6) for at, (_, payload) in zip(at_us, payloads, strict=True)]
    told = [packet for packet in read if isinstance(packet, HeartPacket)]
    if not told:
        assert "without a single heartbeat" in refusal(file, "\n".join([HEADING, *lines]))
        return
    again = packets(opened(file, "\n".join([HEADING, *lines])))
    assert [replace(packet, arrival_s=0.0) for packet in again] == [replace(packet, arrival_s=0.0) for packet in told]
    assert [packet.arrival_s for packet in again] == pytest.approx([packet.arrival_s for packet in told], abs=2e-6)


class TestSpec:
    def test_a_file_and_a_person(self) -> None:
        assert parse_replay_spec("a/b.csv?subject=G01") == (Path("a/b.csv"), "G01")
        assert parse_replay_spec("a/b.csv") == (Path("a/b.csv"), None)

    @pytest.mark.parametrize("text", ["", "?subject=G01", "a.csv?", "a.csv?subject=", "a.csv?who=G01"])
    def test_anything_else_is_told(self, text: str) -> None:
        with pytest.raises(ReplayWordsError, match="subject"):
            parse_replay_spec(text)


@needs("data")
class TestRealHearts:
    def test_a_person_of_gudb_has_five_parts_and_every_beat(self) -> None:
        replay = Replay.open(DATA / "gudb-rpeaks" / "beats.csv", "G01")
        lines = (DATA / "gudb-rpeaks" / "beats.csv").read_text().splitlines()
        assert len(ticks(replay)) == sum(line.startswith("G01,") for line in lines)
        assert [span.label for span in replay.labels] == ["sitting", "maths", "walking", "hand_bike", "jogging"]
        assert [state.link for state in links(replay)].count(Link.LOST) == 4
        assert replay.duration_s == pytest.approx(599, abs=3)

    def test_a_strap_on_a_ride_has_no_hole(self) -> None:
        replay = Replay.open(DATA / "strap-samples" / "polar_h10_ride_fatmaxxer.csv")
        assert len(links(replay)) == 1
        assert replay.duration_s == pytest.approx(102 * 60, abs=60)

    def test_a_watch_of_mist_is_heart_rate_only_with_its_pauses(self) -> None:
        replay = Replay.open(DATA / "mist-hr" / "hr_1hz.csv", "Vp02")
        assert not ticks(replay)
        assert [state.link for state in links(replay)].count(Link.LOST) == 2

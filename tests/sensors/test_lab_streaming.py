"""A heart is heard from a Lab Streaming Layer outlet: a real one, on this machine alone."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from sensors import lab_streaming
from sensors.heart import HeartPacket, Link
from sensors.lab_streaming import (
    LabStreamingHeart,
    NoSuchStreamError,
    SeveralStreamsError,
    find,
    load,
    matching,
)
from sensors.link_watch import Patience
from sensors.other_programs import MissingExtraError
from tests.parts import needs
from tests.sensors.strap_room import Ear

PATIENCE = Patience(stall_s=0.7, longest_stall_s=0.7, hr_only_s=0.5)


@pytest.fixture(scope="module")
def lsl() -> Any:
    """The library, kept to this machine and quick there: that must be said before its first call."""
    library = load()
    library.set_config_content(
        """
        [multicast]
        ResolveScope = machine
        [lab]
        KnownPeers = {127.0.0.1}
        [tuning]
        MulticastMinRTT = 0.05
        MulticastMaxRTT = 0.1
        UnicastMinRTT = 0.05
        UnicastMaxRTT = 0.1
        [log]
        level = -3
        """
    )
    return library


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """On one machine an outlet answers at once."""
    monkeypatch.setattr(lab_streaming, "SEARCH_S", 0.3)


def outlet(
    lsl: Any,
    name: str = "Belt",
    kind: str = "RR",
    known_by: str = "belt-1",
    *,
    labels: Sequence[str] = (),
    units: Sequence[str] = (),
    hz: float = 0.0,
    form: str = "float32",
) -> Any:
    """A program's outlet; it lives as long as it is referred to."""
    info = lsl.StreamInfo(name, kind, max(1, len(labels)), hz, form, known_by)
    if labels:
        info.set_channel_labels(list(labels))
    if units:
        info.set_channel_units(list(units))
    return lsl.StreamOutlet(info)


@asynccontextmanager
async def heard(wanted: str | None = None) -> AsyncIterator[Ear]:
    """A source that runs while entered."""
    ear = Ear()
    clock = asyncio.get_running_loop().time
    running = asyncio.create_task(LabStreamingHeart(wanted, clock, patience=PATIENCE, retry_s=0.1).run(ear.deliver))
    try:
        yield ear
    finally:
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled()


async def until_heard(ear: Ear, belt: Any, sample: Sequence[float]) -> HeartPacket:
    """Send until a packet arrives: an inlet hears only what is sent after it was opened."""
    count = len(ear.packets)

    def arrived() -> bool:
        belt.push_sample(list(sample))
        return len(ear.packets) > count

    await ear.until(arrived)
    return ear.packets[-1]


@needs("pylsl")
@pytest.mark.asyncio
@pytest.mark.parametrize("wanted", [None, "belt", "rr", "BELT-1"])
async def test_a_stream_is_found_by_its_name_its_type_its_id_or_for_being_the_only_heart(
    wanted: str | None, lsl: Any
) -> None:
    belt, other = outlet(lsl), outlet(lsl, "Cap", "EEG", "cap-1")
    async with heard(wanted) as ear:
        packet = await until_heard(ear, belt, [1000.0])
    assert (packet.hr_bpm, packet.rr_ticks[0]) == (60, 1024)
    assert ear.links == [Link.SEARCHING, Link.CONNECTING, Link.STREAMING_RR]
    assert (await find(wanted)).id == "belt-1"
    del other


@needs("pylsl")
@pytest.mark.asyncio
async def test_intervals_in_seconds_and_a_heart_rate_are_heard_together(lsl: Any) -> None:
    belt = outlet(lsl, kind="ECG", labels=("mV", "Heart rate", "RR"), units=("mV", "bpm", "s"))
    async with heard("Belt") as ear:
        packet = await until_heard(ear, belt, [0.2, 75.0, 0.8])
    assert (packet.hr_bpm, packet.rr_ticks[0]) == (75, 819)


@needs("pylsl")
@pytest.mark.asyncio
async def test_every_interval_is_heard_once_and_in_order(lsl: Any) -> None:
    belt = outlet(lsl)
    async with heard() as ear:
        await until_heard(ear, belt, [700.0])
        sent = [800.0 + number for number in range(200)]
        belt.push_chunk([[rr_ms] for rr_ms in sent])
        await ear.until(lambda: ear.packets[-1].rr_ticks[-1] == round(sent[-1] * 1.024))
    ticks = [each for packet in ear.packets for each in packet.rr_ticks]
    assert [each for each in ticks if each != round(700 * 1.024)] == [round(rr_ms * 1.024) for rr_ms in sent]


@needs("pylsl")
@pytest.mark.asyncio
async def test_heart_rates_alone_are_told_to_be_that(lsl: Any) -> None:
    belt = outlet(lsl, "Watch", "HR", "watch-1", hz=50.0)

    async with heard("Watch") as ear:
        while Link.STREAMING_HR_ONLY not in ear.links:
            assert (await until_heard(ear, belt, [64.0])).hr_bpm == 64
    assert not any(packet.rr_ticks for packet in ear.packets)


@needs("pylsl")
@pytest.mark.asyncio
async def test_a_program_that_ends_and_comes_back_is_heard_again(lsl: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    search, searches = lab_streaming._search, list[int]()

    def counted(library: Any) -> list[lab_streaming.FoundStream]:
        searches.append(1)
        return search(library)

    belt = outlet(lsl)
    async with heard() as ear:
        await until_heard(ear, belt, [1000.0])
        del belt
        await ear.link(Link.LOST)
        await ear.link(Link.SEARCHING)
        other = outlet(lsl, "Another belt", "RR", "belt-2")
        monkeypatch.setattr(lab_streaming, "_search", counted)
        await ear.until(lambda: len(searches) == 3)
        assert ear.links[-1] is Link.SEARCHING, "another heart does not stand in"
        again = outlet(lsl)
        assert (await until_heard(ear, again, [900.0])).rr_ticks[0] == 922
        del other


@needs("pylsl")
@pytest.mark.asyncio
async def test_a_stream_that_falls_silent_is_stalled_and_opened_anew(lsl: Any) -> None:
    belt = outlet(lsl)
    async with heard() as ear:
        await until_heard(ear, belt, [1000.0])
        await ear.link(Link.STALLED)
        await ear.link(Link.LOST)
        await ear.link(Link.CONNECTING)
        await until_heard(ear, belt, [1000.0])


@needs("pylsl")
@pytest.mark.asyncio
async def test_two_hearts_are_never_guessed_between(lsl: Any) -> None:
    belts = outlet(lsl), outlet(lsl, "Other", "HR", "belt-2")
    named = r"Belt \(belt-1\), Other \(belt-2\): name the one to use, lsl:belt-1"
    with pytest.raises(SeveralStreamsError, match=named):
        await find()
    async with heard() as ear:
        await ear.until(lambda: ear.why == lab_streaming.SEVERAL)
    assert not ear.packets
    del belts


@needs("pylsl")
@pytest.mark.asyncio
async def test_a_start_without_the_stream_names_what_is_there(lsl: Any) -> None:
    cap = outlet(lsl, "Cap", "EEG", "cap-1")
    with pytest.raises(NoSuchStreamError, match=r"no stream called belt was found .* there are: Cap \(type EEG\)"):
        await find("belt", 0.1)
    with pytest.raises(NoSuchStreamError, match="the stream Cap cannot be heard: the stream has no channel of interv"):
        await find("cap", 0.1)
    del cap


@needs("pylsl")
@pytest.mark.asyncio
@pytest.mark.parametrize("unfit", [{"form": "string"}, {"hz": 10.0}, {"labels": ("x",), "kind": "x", "name": "Belt"}])
async def test_a_stream_with_no_heart_in_it_is_told_so_and_tried_again(unfit: dict[str, Any], lsl: Any) -> None:
    belt = outlet(lsl, **unfit)
    async with heard("Belt") as ear:
        await ear.until(lambda: ear.why == lab_streaming.NO_HEART)
        del belt
        good = outlet(lsl)
        await until_heard(ear, good, [1000.0])


@needs("pylsl")
def test_an_id_that_pylsl_made_up_names_nobody(lsl: Any, capsys: pytest.CaptureFixture[str]) -> None:
    made_up = lsl.StreamInfo("Belt", "RR", 1, 0.0, "float32")
    assert "source_id" in capsys.readouterr().out
    stream = lab_streaming._found(made_up)
    assert stream.id.startswith("Belt/RR@")
    assert matching(stream.id.upper(), [stream]) == (stream,)


def test_a_missing_library_is_one_sentence_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pylsl", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'calando\[lsl\]'"):
        LabStreamingHeart(None, lambda: 0.0)

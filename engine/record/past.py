"""What was folded before, folded again: a session relived up to where its record ends."""

from collections import Counter
from collections.abc import Iterator, Sequence

from engine.inputs import Command, Resumed, Stamped
from engine.midi import TICKS_PER_SECOND
from engine.offline import Mark, Rendering, new_writer
from engine.record.meta import setup_of
from engine.record.recorded import Inputs
from engine.session import Session, Setup

Tick = tuple[int, Sequence[Stamped]]


def past_ticks(inputs: Sequence[Stamped], next_tick: int) -> Iterator[Tick]:
    """Every tick before ``next_tick`` that was folded, in order, with its inputs: a resume leaves its gap out."""
    by_tick: dict[int, list[Stamped]] = {}
    resumes: dict[int, int] = {}
    for stamped in inputs:
        by_tick.setdefault(stamped.tick, []).append(stamped)
        if isinstance(stamped.input, Resumed):
            resumes[stamped.tick - round(stamped.input.gap_s * TICKS_PER_SECOND)] = stamped.tick
    tick = 0
    while tick < next_tick:
        tick = max(tick, resumes.get(tick, tick))
        yield tick, by_tick.get(tick, ())
        tick += 1


def relive(inputs: Inputs) -> Session:
    """The session as it stood at the end of its record; its next input must be a resume. Raises JournalError."""
    session = Session(setup_of(inputs.meta))
    for tick, given in past_ticks(inputs.inputs, inputs.next_tick):
        session.relive(tick, given)
    return session


def refold(inputs: Inputs, setup: Setup | None = None) -> Rendering:
    """The whole session composed anew, under ``setup`` where it is given. Raises JournalError."""
    session, writer = Session(setup or setup_of(inputs.meta)), new_writer(setup or setup_of(inputs.meta))
    for tick, given in past_ticks(inputs.inputs, inputs.next_tick):
        writer.rendering.inputs.extend(given)
        writer.take(session.fold(tick, given))
    return writer.rendering


def marks_ahead(marks: Sequence[Mark], inputs: Inputs) -> tuple[Mark, ...]:
    """The planned acts that are not in the record yet."""
    commands = [each.input for each in inputs.inputs if isinstance(each.input, Command)]
    done = Counter(command.act for command in commands if command.by == "mark")
    ahead = []
    for mark in sorted(marks, key=lambda mark: mark.at_s):
        if done[mark.act]:
            done[mark.act] -= 1
        else:
            ahead.append(mark)
    return tuple(ahead)

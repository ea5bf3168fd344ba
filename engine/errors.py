"""Errors for people: one sentence that says what is wrong, where, and what to do; and the exit code it means."""

from collections.abc import Iterator

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells give it."""


class CalandoError(Exception):
    """Something failed; its text is the one sentence a person reads."""

    exit_code = 1


class UsageError(CalandoError):
    """The words of the call, or a profile, are not right."""

    exit_code = 2


class DeviceNotFoundError(CalandoError):
    """A strap, a MIDI system, a port or a sound device is not there."""

    exit_code = 3


class SafetyStopError(CalandoError):
    """Something that the music cannot do without failed, and the session was ended in a fade."""

    exit_code = 5


class LinkFailedError(CalandoError):
    """What was found cannot be reached."""

    exit_code = 4


def leaves(group: BaseExceptionGroup[Exception]) -> Iterator[Exception]:
    """Every error of a group and of the groups in it."""
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from leaves(error)
        else:
            yield error

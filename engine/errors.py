"""Errors for people: one sentence that says what is wrong, where, and what to do; and the exit code it means."""


class CalandoError(Exception):
    """Something failed; its text is the one sentence a person reads."""

    exit_code = 1


class UsageError(CalandoError):
    """The words of the call, or a profile, are not right."""

    exit_code = 2


class DeviceNotFoundError(CalandoError):
    """A strap, a MIDI system, a port or a sound device is not there."""

    exit_code = 3


class LinkFailedError(CalandoError):
    """What was found cannot be reached."""

    exit_code = 4

"""A heart that is pulled as fast as one likes, and how long it lasts: what the offline commands share."""

from engine.errors import UsageError
from engine.hearts import HeartSpec, open_recording
from sensors.heart import Recording

SIMULATED_MINUTES = 60.0
PULLED_HELP = "replay:FILE[?subject=S] | sim:STORY[+STORY] | none"


def pulled(spec: HeartSpec, seed: int, command: str) -> Recording | None:
    """The recording that is meant; None for no heart. Raises UsageError for one that cannot be pulled."""
    if spec.kind == "none":
        return None
    if not spec.is_recorded:
        raise UsageError(
            f"{command} needs a heart that can be pulled: replay:FILE, sim:STORY or none, not {spec.kind!r}."
        )
    return open_recording(spec, seed)


def length_minutes(minutes: float | None, recording: Recording | None) -> float:
    """What was asked for, else as long as the recording, else an hour."""
    if minutes is not None:
        return minutes
    duration_s = recording.duration_s if recording else None
    return SIMULATED_MINUTES if duration_s is None else duration_s / 60

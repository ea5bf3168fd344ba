"""The sound device, by miniaudio: the only module that knows it."""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from engine.errors import DeviceNotFoundError
from engine.output.synth_timbres import SAMPLE_RATE

PERIOD_MS = 60
PERIODS = 3
"""A buffer of 180 ms: nobody hears it in slow music, and the synth has time in a busy room."""

Frames = NDArray[np.float32]
"""(frames, 2), -1..1."""
Sound = Callable[[int], Frames]
"""Gives as many frames as asked for."""

_NO_DEVICE = (
    "No sound device answers; plug in or switch on a loudspeaker output, or choose --out midi:PORT or --out none."
)


class Loudspeaker:
    """A playing device that asks ``sound`` for frames, (frames, 2), in a thread of its own.

    Opens on entering, closes on leaving. Raises DeviceNotFoundError where there is none. ``null`` takes the device
    that keeps time and makes no sound.
    """

    def __init__(self, sound: Sound, *, null: bool = False) -> None:
        self._sound = sound
        self._null = null

    def __enter__(self) -> "Loudspeaker":
        try:
            import miniaudio
        except ImportError as error:
            raise DeviceNotFoundError(
                "The built-in synth needs the package miniaudio, which is not here; install it with pip, "
                "or choose --out midi:PORT or --out none."
            ) from error
        try:
            with _hushed():
                self._device = miniaudio.PlaybackDevice(
                    output_format=miniaudio.SampleFormat.FLOAT32,
                    nchannels=2,
                    sample_rate=SAMPLE_RATE,
                    buffersize_msec=PERIOD_MS,
                    callback_periods=PERIODS,
                    backends=[miniaudio.Backend.NULL] if self._null else None,
                    app_name="calando",
                )
        except miniaudio.MiniaudioError as error:
            raise DeviceNotFoundError(_NO_DEVICE) from error
        if self._device.backend == "Null" and not self._null:
            self._device.close()
            raise DeviceNotFoundError(_NO_DEVICE)
        asked = self._asked()
        next(asked)
        self._device.start(asked)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._device.close()

    def _asked(self) -> Generator[Frames, int, None]:
        frames = yield np.zeros((0, 2), np.float32)
        while True:
            frames = yield self._sound(frames)


@contextmanager
def _hushed() -> Iterator[None]:
    """Without what the sound system's C libraries print while they look for a device."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)

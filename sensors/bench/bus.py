"""A D-Bus daemon of one's own: a socket in a folder of its own, open to whoever started it."""

import asyncio
import os
import shutil
import tempfile
from pathlib import Path
from typing import Self

SYSTEM_BUS_ADDRESS = "DBUS_SYSTEM_BUS_ADDRESS"
"""The environment variable that tells bleak and every other D-Bus program where the system bus is."""

_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


class PrivateBus:
    """``dbus-daemon`` as a child process; its address stays the same when it is killed and started again.

    While entered it runs, and the environment of this process and of its children names it as the system bus.
    Raises FileNotFoundError where ``dbus-daemon`` is not installed.
    """

    def __init__(self) -> None:
        # The path of a Unix socket is limited to 108 bytes, so the folder's is kept short.
        self._folder = Path(tempfile.mkdtemp(prefix="calando-bus-"))
        self.address = f"unix:path={self._folder}/bus"
        self._before = os.environ.get(SYSTEM_BUS_ADDRESS)
        self._daemon: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            shutil.rmtree(self._folder)
            raise
        os.environ[SYSTEM_BUS_ADDRESS] = self.address
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._before is None:
            del os.environ[SYSTEM_BUS_ADDRESS]
        else:
            os.environ[SYSTEM_BUS_ADDRESS] = self._before
        await self.kill()
        shutil.rmtree(self._folder)

    async def start(self) -> None:
        """Start the daemon; return when it accepts connections."""
        config = self._folder / "bus.conf"
        config.write_text(_CONFIG.format(socket=self._folder / "bus"), encoding="utf-8")
        self._daemon = await asyncio.create_subprocess_exec(
            "dbus-daemon",
            "--nofork",
            "--nopidfile",
            "--print-address=1",
            f"--config-file={config}",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert self._daemon.stdout is not None
        await self._daemon.stdout.readline()

    async def kill(self) -> None:
        """Kill the daemon as a crash would: every connection to it ends. Nothing happens where it is dead already."""
        if self._daemon is not None:
            self._daemon.kill()
            await self._daemon.communicate()
            self._daemon = None
            (self._folder / "bus").unlink(missing_ok=True)

"""Straps without a radio: a fake BlueZ on a private D-Bus daemon, spoken to by real, unpatched bleak. Linux only.

    async with Bench(FakeStrap("Polar H10 A1B2C3D4", "AA:BB:CC:DD:EE:01")) as bench:
        ...  # anything that uses bleak, in this process or a child, now sees that strap and no other

Needs the program ``dbus-daemon``. Everything that bleak asked for is in ``bench.calls``; what goes wrong next is told
to ``bench.script``.
"""

from sensors.bench.bench import Bench
from sensors.bench.fake_strap import FakeStrap, Turns, steady_heart
from sensors.bench.faults import Delay, Hang, Refuse
from sensors.bench.worn import worn

__all__ = ["Bench", "Delay", "FakeStrap", "Hang", "Refuse", "Turns", "steady_heart", "worn"]

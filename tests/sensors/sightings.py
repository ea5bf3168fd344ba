"""Straps as a scan would show them, without one."""

from bleak.backends.device import BLEDevice

from sensors.bluetooth import Sighting


def sighting(identifier: str, name: str) -> Sighting:
    return Sighting(identifier, name, -60, BLEDevice(identifier, name, None))

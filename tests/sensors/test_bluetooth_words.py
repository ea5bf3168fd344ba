"""Whatever the platform raises leaves as one of three kinds of trouble, in words that name no device."""

import re

import pytest
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakCharacteristicNotFoundError,
    BleakDBusError,
    BleakDeviceNotFoundError,
    BleakError,
    BleakGATTProtocolError,
    BleakGATTProtocolErrorCode,
)
from hypothesis import given
from hypothesis import strategies as st

from sensors.bluetooth import (
    BluetoothMissingError,
    BluetoothTroubleError,
    PairingNeededError,
    _in_words,
)
from sensors.heart_rate_service import MEASUREMENT

ADDRESS = "AA:BB:CC:DD:EE:FF"
PATH = "/org/bluez/hci0/dev_AA_BB_CC_DD_EE_FF"


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (TimeoutError(), BluetoothTroubleError, "connecting took too long"),
        (EOFError(), BluetoothMissingError, "the system bus cannot be reached: start D-Bus and the Bluetooth service"),
        (FileNotFoundError(2, "no"), BluetoothMissingError, "the system bus cannot be reached: start D-Bus and"),
        (AssertionError(), BluetoothTroubleError, "connecting failed (AssertionError)"),
        (KeyError("Adapter"), BluetoothTroubleError, "connecting failed ('Adapter')"),
        (BleakError("Not connected"), BluetoothTroubleError, "connecting failed (Not connected)"),
        (
            BleakDBusError("org.bluez.Error.Failed", ["Software caused connection abort"]),
            BluetoothTroubleError,
            "connecting failed (Software caused connection abort)",
        ),
        (
            BleakDBusError("org.bluez.Error.Failed", []),
            BluetoothTroubleError,
            "connecting failed (org.bluez.Error.Failed)",
        ),
        (
            BleakDBusError("org.freedesktop.DBus.Error.UnknownObject", [f"no such object {PATH}"]),
            BluetoothTroubleError,
            "connecting failed (the strap is no longer in reach)",
        ),
        (
            BleakDeviceNotFoundError(ADDRESS, f"Device with address {ADDRESS} was not found."),
            BluetoothTroubleError,
            "connecting failed (the strap is no longer in reach)",
        ),
        (
            BleakCharacteristicNotFoundError(MEASUREMENT),
            BluetoothTroubleError,
            "connecting failed (the device sends no heart-rate measurement)",
        ),
        (BleakDBusError("org.bluez.Error.NotReady", []), BluetoothMissingError, "Bluetooth is switched off: switch it"),
        (
            BleakDBusError("org.freedesktop.DBus.Error.ServiceUnknown", []),
            BluetoothMissingError,
            "the Bluetooth service does not answer: start it",
        ),
        (BleakDBusError("org.freedesktop.DBus.Error.AccessDenied", []), BluetoothMissingError, "this program may not"),
        (
            BleakBluetoothNotAvailableError("no", BleakBluetoothNotAvailableReason.NO_BLUETOOTH),
            BluetoothMissingError,
            "this computer has no Bluetooth adapter: plug one in",
        ),
        (
            BleakBluetoothNotAvailableError("?", BleakBluetoothNotAvailableReason.UNKNOWN),
            BluetoothMissingError,
            "Bluetooth is not available: switch it on",
        ),
        (
            BleakGATTProtocolError(BleakGATTProtocolErrorCode.INSUFFICIENT_ENCRYPTION),
            PairingNeededError,
            "the strap wants to be paired first",
        ),
        (BleakDBusError("org.bluez.Error.NotPermitted", ["x"]), PairingNeededError, "the strap wants to be paired"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_each_failure_of_the_platform_has_its_words(
    error: Exception, kind: type[BluetoothTroubleError], words: str
) -> None:
    told = _in_words("connecting", error)
    assert type(told) is kind
    assert str(told).startswith(words)


HEX = st.sampled_from("0123456789abcdefABCDEF")
PAIRS = st.lists(st.tuples(HEX, HEX).map("".join), min_size=6, max_size=6)
ADDRESSES = st.one_of(
    PAIRS.map(":".join),
    PAIRS.map("_".join).map(lambda each: f"/org/bluez/hci0/dev_{each}/service0010/char0011"),
    st.uuids().map(str),
    st.uuids().map(lambda each: str(each).upper()),
)
WORDS = st.sampled_from(["device '{}' not found", "{}", "Interface x not found for {}, y", "Failed to pair with {}."])
MAKERS = st.sampled_from(
    [
        BleakError,
        RuntimeError,
        KeyError,
        lambda words: BleakDBusError("org.bluez.Error.Failed", [words]),
        lambda words: BleakDeviceNotFoundError(words, words),
    ]
)


@given(ADDRESSES, WORDS, MAKERS)
def test_no_reason_names_a_device(address: str, words: str, make: type[Exception]) -> None:
    told = str(_in_words("connecting", make(words.format(address))))
    bare = re.sub("[^0-9a-f]", "", address.lower().removeprefix("/org/bluez/hci0/dev_"))[:12]
    assert address not in told
    assert bare not in re.sub("[:_-]", "", told.lower())

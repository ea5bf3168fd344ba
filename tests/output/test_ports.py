"""A MIDI port in stories: it leaves only when its last words have been played."""

from dataclasses import dataclass, field

import pytest

from engine.clock import now_s
from engine.midi import note_off
from engine.output import ports
from engine.output.ports import BREATH_S, BURST, LINGER_S, MidiPort


@dataclass
class Client:
    """Stands in for an rtmidi client on a system with one port; when it was sent what, and when it left."""

    sent_s: list[float] = field(default_factory=list)
    left_s: float = 0.0

    def get_ports(self) -> list[str]:
        return ["Synth:in"]

    def open_port(self, _index: int, _name: str) -> None:
        """Nothing to do."""

    def send_message(self, _data: list[int]) -> None:
        self.sent_s.append(now_s())

    def close_port(self) -> None:
        self.left_s = now_s()


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    client = Client()
    monkeypatch.setattr(ports, "_clients", lambda _: [client])
    return client


def test_a_port_stays_until_the_driver_has_played_its_last_note_off(client: Client) -> None:
    port = MidiPort("Synth")
    port.send(note_off(0, 60))
    port.close()
    assert client.left_s - client.sent_s[-1] >= LINGER_S


def test_a_port_that_played_nothing_leaves_at_once(client: Client) -> None:
    begun_s = now_s()
    MidiPort("Synth").close()
    assert client.left_s - begun_s < LINGER_S


def test_whoever_reads_gets_time_in_a_burst(client: Client) -> None:
    port = MidiPort("Synth")
    for pitch in range(28, 97):
        port.send(note_off(0, pitch))
    begins_s = client.sent_s[:-BURST]
    assert all(later - begun >= BREATH_S for begun, later in zip(begins_s, client.sent_s[BURST:], strict=True))

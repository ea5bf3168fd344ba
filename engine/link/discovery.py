"""Home Assistant's device discovery: one retained message that says what there is to see. Nothing can be asked by it.

Source: Home Assistant, MQTT integration, "Device discovery payload" (since 2024.11).
"""

from engine.link.publication import Publication, Topics

STATUS = "homeassistant/status"
_SEEN = {
    "heart": ("Heart rate", "hr", "hr_bpm", "bpm", "mdi:heart-pulse"),
    "arousal": ("Arousal", "arousal", "value", None, "mdi:waveform"),
    "pulse": ("Pulse of the music", "music", "tempo_bpm", "bpm", "mdi:metronome"),
    "density": ("Density of the music", "music", "density", None, "mdi:music-note"),
    "phase": ("Phase", "session", "phase", None, "mdi:chart-timeline-variant"),
}


def discovery(topics: Topics, version: str) -> Publication:
    """The message for this room: to be sent at each connection, and when Home Assistant says that it is there."""
    device = f"calando_{topics.site}_{topics.room}"
    available = {"t": topics.of("$state"), "val_tpl": "{{ 'online' if value_json.state == 'ready' else 'offline' }}"}
    told = {
        "dev": {"ids": [device], "name": f"calando {topics.room}", "mf": "calando", "sw": version},
        "o": {"name": "calando", "sw": version},
        "avty": [available],
        "cmps": {key: _sensor(topics, device, key) for key in _SEEN},
    }
    return Publication(f"homeassistant/device/{device}/config", told, retain=True, at_least_once=True)


def _sensor(topics: Topics, device: str, key: str) -> dict[str, str]:
    name, topic, value, unit, icon = _SEEN[key]
    sensor = {"p": "sensor", "uniq_id": f"{device}_{key}", "name": name, "ic": icon, "stat_t": topics.of(topic)}
    return {**sensor, "val_tpl": f"{{{{ value_json.{value} }}}}", **({"unit_of_meas": unit} if unit else {})}

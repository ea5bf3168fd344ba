"""``--out``: what plays, chosen and explained."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.errors import DeviceNotFoundError, UsageError
from engine.output.destination import MIDI_ENDINGS, check_destination, check_ending
from engine.output.fonts import LAYER_PROGRAMS, NEW_LAYER, find_font
from engine.output.spec import OutputSpec, parse_output
from engine.profile import LayerName, LayerSettings
from engine.words import instead

KINDS = ("auto", "midi", "synth", "fluidsynth", "file", "none", "record")
"""The last one is the fake for tests, which nobody is offered."""
UNFITTED = ("auto", "file", "none")
"""What is no synth of its own, or not yet known: nothing is fitted to it."""
NAMES = {
    "synth": "the built-in synth",
    "fluidsynth": "the SoundFont {} through FluidSynth",
    "midi": "the MIDI port {}",
    "record": "the fake port that writes {}",
}


Layers = Mapping[LayerName, LayerSettings]


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the guardian plays through (its own spelling), which files the engine writes, and why."""

    live: tuple[str, ...]
    files: tuple[Path, ...]
    why: str


def choose(
    asked: Sequence[str], remembered_port: str | None, ports: Callable[[], Sequence[str]], has_sound: Callable[[], bool]
) -> Outputs:
    """Resolve ``--out``; ``auto`` is the remembered port, else the built-in synth, else the record alone.

    ``ports`` lists MIDI ports and ``has_sound`` looks for a sound device; both are asked only where it matters.
    Raises UsageError for words that are none of ours, and for a file that cannot be saved where it is wanted.
    """
    live: list[str] = []
    files: list[Path] = []
    reasons: list[str] = []
    for text in asked or ("auto",):
        spec = parse_output(text)
        kind, rest = spec.kind, spec.name
        if kind not in KINDS:
            raise UsageError(f"--out {text!r}: there is no output {kind!r}{instead(kind, KINDS[:-1])}")
        if kind in {"midi", "file", "record"} and not rest:
            raise UsageError(f"--out {text!r} does not say which; write for example --out {kind}:NAME.")
        if kind in UNFITTED and spec.plain != text:
            raise UsageError(f"--out {text!r}: the options after ? are for what sounds; leave them out of {kind}.")
        if kind == "file":
            files.append(_file(Path(rest)))
            reasons.append(f"a file, {rest}")
        elif kind == "auto":
            chosen, why = _auto(remembered_port, ports, has_sound)
            live.extend(chosen)
            reasons.append(why)
        elif kind == "fluidsynth":
            _load()
            font = find_font(rest)
            live.append(str(replace(spec, name=str(font))))
            reasons.append(NAMES[kind].format(font.name) + _fitting(spec))
        elif kind != "none":
            live.append(str(spec))
            reasons.append(NAMES[kind].format(rest) + _fitting(spec))
    return Outputs(tuple(live), tuple(files), "; ".join(reasons) or "nothing sounds, as asked")


def _file(path: Path) -> Path:
    check_ending(path, MIDI_ENDINGS)
    check_destination(path)
    return path


def _auto(
    remembered: str | None, ports: Callable[[], Sequence[str]], has_sound: Callable[[], bool]
) -> tuple[tuple[str, ...], str]:
    spec = parse_output(f"midi:{remembered}") if remembered else None
    if spec and _is_there(spec.name, ports):
        return (str(spec),), f"the MIDI port {spec.name}{_fitting(spec)}, as last time in this room"
    missing = f"the port {spec.name} is not there" if spec else "no port is remembered for this room"
    if has_sound():
        return ("synth",), f"the built-in synth, because {missing}"
    return (), f"nothing sounds, because {missing} and there is no sound device"


def _is_there(port: str, ports: Callable[[], Sequence[str]]) -> bool:
    """Without a MIDI system no port is."""
    try:
        return any(port.lower() in name.lower() for name in ports())
    except DeviceNotFoundError:
        return False


def programs(layers: Layers) -> dict[int, int]:
    """Each layer's channel (1-16) and General MIDI program (1-128): the profile's, else one that suits the layer."""
    return {each.channel: each.program or LAYER_PROGRAMS.get(name, NEW_LAYER) for name, each in layers.items()}


def dressed(live: Sequence[str], layers: Layers) -> tuple[str, ...]:
    """The outputs with what the profile's layers sound like on a synth of our own, which has no patch to spoil."""
    return tuple(str(_dressed(parse_output(each), layers)) for each in live)


def _dressed(spec: OutputSpec, layers: Layers) -> OutputSpec:
    if spec.kind not in {"synth", "fluidsynth"}:
        return spec
    timbres = tuple((each.channel, _timbre(name)) for name, each in layers.items())
    sounds = tuple(programs(layers).items()) if spec.kind == "fluidsynth" else ()
    return replace(spec, layers=spec.layers or timbres, program=spec.program or sounds)


def _timbre(layer: LayerName) -> str:
    """The built-in timbre of a layer; a layer of a tuner's own sounds like the pad."""
    return layer if layer in LAYER_PROGRAMS else "pad"


def _load() -> None:
    from engine.output.fluid_synth import load

    load()


def _fitting(spec: OutputSpec) -> str:
    """What is done to the music before it goes there."""
    said = [
        f"answering {spec.latency_ms:g} ms late" if spec.latency_ms else "",
        f"{spec.transpose:+d} semitones" if spec.transpose else "",
        f"velocities x {spec.velocity:g}" if spec.velocity != 1.0 else "",
        f"channels {', '.join(map(str, spec.channels))} alone" if spec.channels else "",
    ]
    words = ", ".join(each for each in said if each)
    return f" ({words})" if words else ""


def has_sound() -> bool:
    """Whether a sound device answers."""
    import numpy as np

    from engine.output.synth_audio import Loudspeaker

    try:
        with Loudspeaker(lambda frames: np.zeros((frames, 2), dtype=np.float32)):
            return True
    except DeviceNotFoundError:
        return False

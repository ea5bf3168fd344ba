"""A rendering as a MIDI file tells it: names for channels, the tempo it kept, marks where something happened."""

from engine.offline import Rendering
from engine.output.smf import Marker, Piece
from engine.profile import Profile


def layers_of(profile: Profile) -> dict[int, str]:
    """Layer names by channel 0-15."""
    return {settings.channel - 1: name for name, settings in profile.layer.items()}


def midi_piece(rendering: Rendering) -> Piece:
    """What goes into the file: everything that went to the wire."""
    return Piece(
        events=rendering.wire,
        tempo=rendering.tempo,
        layers=layers_of(rendering.setup.profile),
        markers=[Marker(at_s, text) for at_s, text in rendering.markers],
        name=f"calando {rendering.setup.profile.name} seed {rendering.setup.seed}",
    )

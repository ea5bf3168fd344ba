"""What ``calando soak`` is made of: rooms that live through everything that can go wrong, and who watches the wire."""

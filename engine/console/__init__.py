"""The staff page: one calm page served from the room's own process, and what it may ask."""

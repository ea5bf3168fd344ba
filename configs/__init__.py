"""Profiles that travel in the wheel."""

"""What happens between a heartbeat and a sound, and around it."""

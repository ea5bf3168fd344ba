"""What a session leaves behind."""

"""The house's link: a room told over MQTT and Open Sound Control. Off unless asked for; the music never needs it."""

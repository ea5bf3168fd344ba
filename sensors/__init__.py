"""Where a heartbeat enters: straps, recordings and the simulated listener."""

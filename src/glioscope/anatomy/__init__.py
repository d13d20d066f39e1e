"""Atlas registration, location, eloquence, midline."""

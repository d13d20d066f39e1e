"""Commands; the only room that prints."""

"""Waits for studies, has each analyzed once, and delivers the results."""

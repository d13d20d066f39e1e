"""Waits for studies, analyzes each once, sends the results back; queries and retrieves."""

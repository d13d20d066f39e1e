"""Studies from a PACS, whole or not at all."""

"""The architectures and the checkpoint format."""

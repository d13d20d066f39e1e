"""A whole study without whose it is: what is left out, where it goes, what is told."""

"""Training runs: what a file asks for, a folder that keeps it all, and going on after a kill."""

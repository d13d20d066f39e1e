"""A result as `glioscope analyze` left it on disk: what every standard output is a view of."""

"""Study to Case: identification, quality, alignment, brain extraction, normalization."""

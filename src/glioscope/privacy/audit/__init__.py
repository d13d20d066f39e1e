"""What was allowed and refused: a log that only grows, and shows when it did not."""

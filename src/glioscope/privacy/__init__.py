"""What a study may be used for, and studies that tell nobody whose they are."""

"""Data sets, augmentation, losses and the trainer."""

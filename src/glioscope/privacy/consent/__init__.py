"""What a study may be used for, read, decided and enforced."""

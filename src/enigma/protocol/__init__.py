"""What seats do together: a folder per family of secret sharing, one file per protocol."""

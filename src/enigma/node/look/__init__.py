"""What a seat holds and hears, shown to its operator, with the tests that it is noise."""

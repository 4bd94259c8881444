"""Between a caller's Python and a call: arguments in, what the committee holds of them, results out."""

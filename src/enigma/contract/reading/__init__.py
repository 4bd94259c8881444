"""From a text to what it declares: scanned, parsed, every form, type and name checked; nothing is evaluated."""

"""Public values of the language: numbers, containers, keys, what they cost, and how they meet declared types."""

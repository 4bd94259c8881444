"""The process that runs one job at one seat."""

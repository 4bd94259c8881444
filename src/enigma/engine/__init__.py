"""Runs programs: `plain` is the definition, `secure` is the same under MPC."""

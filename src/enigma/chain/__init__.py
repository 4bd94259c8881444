"""The chain as controller: what contracts of a chain say, and how to make them do something.

Nothing here knows a share, a program or a committee: bytes, numbers, addresses and events only.
"""

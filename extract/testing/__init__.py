"""Replay in a user's tests: what the pytest plugin needs once a test asks for its fixture.

`shelf` answers from a folder of recordings, `session` says at the end which of them no test asked for,
`failures` are the ways in which a test ends early.
"""

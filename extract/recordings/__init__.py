"""Recordings: real calls kept as JSON files in git, replayed without key or network.

`folder` finds and writes them, `recording` is the form of one file, `miss` and `difference` say why a
request has none.
"""

from extract.recordings.folder import Recordings, Setup
from extract.recordings.recording import Recording

__all__ = ["Recording", "Recordings", "Setup"]

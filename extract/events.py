"""Server-sent events, read from bytes as they come, however these are cut."""

from __future__ import annotations

from dataclasses import dataclass

_BOM = b"\xef\xbb\xbf"
_ENDS = (b"\n", b"\r")


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its data, lines joined by line feeds, and its name, which is empty for most."""

    data: bytes
    name: bytes = b""


class Events:
    """Takes the bytes of a stream and gives the events that end in them.

    Lines end in LF, CR or both. Comments and fields that nobody needs are passed over. The field `error`, in which
    older llama.cpp servers say what is wrong, is data of an event of that name.
    """

    def __init__(self) -> None:
        self._line = bytearray()
        self._name, self._data = b"", list[bytes]()
        self._is_first = True
        # A CR may be half of a line end, the other half of which is still to come.
        self._is_after_cr = False

    def take(self, data: bytes) -> list[Event]:
        """The events that end in these bytes."""
        if self._is_after_cr and data:
            self._is_after_cr = False
            data = data.removeprefix(b"\n")
        self._line += data
        if not any(end in data for end in _ENDS):
            return []
        *lines, rest = _split(bytes(self._line))
        self._line = bytearray(rest)
        self._is_after_cr = data.endswith(b"\r")
        return [event for line in lines if (event := self._read(line)) is not None]

    def end(self) -> Event | None:
        """The event that no blank line has ended, if there is one: some servers leave it out, others were cut off."""
        rest, self._line = bytes(self._line), bytearray()
        return self._read(rest) or self._ended()

    def _read(self, line: bytes) -> Event | None:
        """Take one line without its end; gives the event that it ends."""
        if self._is_first:
            self._is_first = False
            line = line.removeprefix(_BOM)
        if not line:
            return self._ended()
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
        elif name == b"event":
            self._name = value
        elif name == b"error":
            self._name = name
            self._data.append(value)
        return None

    def _ended(self) -> Event | None:
        event = Event(b"\n".join(self._data), self._name) if self._data else None
        self._name, self._data = b"", []
        return event


def _split(data: bytes) -> list[bytes]:
    """The lines without their ends, and what stands behind the last end."""
    lines = data.splitlines()
    return [*lines, b""] if data.endswith(_ENDS) else lines

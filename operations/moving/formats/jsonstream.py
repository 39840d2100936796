"""JSON of any size: the rows of the lists in it, one at a time."""

import json
from collections.abc import Iterator
from typing import Any

import orjson

from operations.moving.records import LONGEST_RECORD, BadExport
from operations.moving.source import Stream

Row = dict[str, Any]
SPACE = " \t\r\n"


def rows(stream: Stream) -> Iterator[tuple[str, Row]]:
    """The objects in a document that is a list, or an object of lists: each with the name of its
    list, "" where that is the document. Other values of the document are passed over. Raises
    BadExport.
    """
    text = _Text(stream)
    first = text.sign()
    if first == "[":
        for row in text.items():
            yield "", row
    elif first == "{":
        yield from _lists(text)
    else:
        raise text.fault()
    if text.sign():
        raise text.fault()


def lines(stream: Stream) -> Iterator[Row]:
    """The objects of a file with one in each line. Raises BadExport."""
    for number, line in enumerate(stream.lines(), 1):
        try:
            row = orjson.loads(line)
        except ValueError as fault:
            raise BadExport(f"{stream.name}, line {number}: not JSON ({fault}).") from fault
        if not isinstance(row, dict):
            raise BadExport(f"{stream.name}, line {number}: not an object.")
        yield row


def _lists(text: "_Text") -> Iterator[tuple[str, Row]]:
    if text.sign(take=False) == "}":
        text.sign()
        return
    while True:
        name = text.value()
        if not isinstance(name, str) or text.sign() != ":":
            raise text.fault()
        if text.sign(take=False) == "[":
            text.sign()
            for row in text.items():
                yield name, row
        else:
            text.value()
        match text.sign():
            case "}":
                return
            case ",":
                continue
            case _:
                raise text.fault()


class _Text:
    """The document, as much of it as one value needs."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.decoder = json.JSONDecoder()
        self.waiting = ""
        self.at = 0
        self.rest = b""
        self.ended = False

    def sign(self, *, take: bool = True) -> str:
        """The next sign that is no space; "" at the end."""
        while True:
            while self.at < len(self.waiting) and self.waiting[self.at] in SPACE:
                self.at += 1
            if self.at < len(self.waiting):
                found = self.waiting[self.at]
                self.at += take
                return found
            if not self._more():
                return ""

    def items(self) -> Iterator[Row]:
        """The objects of a list whose bracket was taken."""
        if self.sign(take=False) == "]":
            self.sign()
            return
        while True:
            row = self.value()
            if not isinstance(row, dict):
                raise self.fault()
            yield row
            match self.sign():
                case "]":
                    return
                case ",":
                    continue
                case _:
                    raise self.fault()

    def value(self) -> Any:
        """The next value, whole."""
        self.sign(take=False)
        while True:
            try:
                value, end = self.decoder.raw_decode(self.waiting, self.at)
            except ValueError as fault:
                if len(self.waiting) - self.at > LONGEST_RECORD or not self._more():
                    raise self.fault() from fault
            except RecursionError as fault:
                raise BadExport(f"{self.stream.name} nests too deeply.") from fault
            else:
                # A number at the very end of what was read may go on.
                if end < len(self.waiting) or not self._more():
                    self.at = end
                    return value

    def fault(self) -> BadExport:
        return BadExport(
            f"{self.stream.name} is not whole, or not JSON, near byte {self.stream.size:,}."
        )

    def _more(self) -> bool:
        """Read on: at least as much as waits, so that a long value is not looked at too often."""
        if self.ended:
            return False
        kept = self.waiting[self.at :]
        chunk = self.stream.read(max(65_536, len(kept)))
        self.ended = not chunk
        data = self.rest + chunk
        try:
            text, self.rest = _decoded(data, final=self.ended)
        except UnicodeDecodeError as fault:
            raise BadExport(f"{self.stream.name} is not UTF-8.") from fault
        self.waiting, self.at = kept + text.removeprefix("\ufeff"), 0
        return not self.ended


def _decoded(data: bytes, *, final: bool) -> tuple[str, bytes]:
    """The whole signs of `data`, and the bytes of one that goes on."""
    try:
        return data.decode(), b""
    except UnicodeDecodeError as fault:
        if final or fault.start < len(data) - 4:
            raise
        return data[: fault.start].decode(), data[fault.start :]

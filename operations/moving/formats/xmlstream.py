"""XML of any size, element by element. What is not quite XML is read over and counted; what was
made to hurt (a DTD and its entities, texts without end) is refused.
"""

import codecs
import re
from collections.abc import Iterator, Mapping

from lxml import etree

from operations.moving.records import BadExport, Mended
from operations.moving.source import Stream

#: Faults of real exports that do not hide where an element ends, by libxml2's numbers: signs and
#: entities that XML does not know, the end of a CDATA section that was closed before, prefixes
#: nobody declared.
FORGIVEN = {9, 23, 26, 27, 62, 68, 81, 201}
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: The same, written as numbers.
REFERENCE = re.compile(
    r"&#(?:[xX]0*(?:[0-8bcefBCEF]|1[0-9a-fA-F])|0*(?:[0-8]|1[124-9]|2\d|3[01]));"
)
LONGEST_REFERENCE = 16
#: `<thread dsq:id=12/>`: the parser would not see where it ends.
UNQUOTED = re.compile(r"""(<[^<>"']*\s[\w.-]+:[\w.-]+=)([^\s"'<>/]+)""")
LONGEST_TAG = 1_000
DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)""")
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
#: How far into the file it may begin.
JUNK = 1_000
PARSING = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}


def elements(
    stream: Stream, *, root: str, wanted: Mapping[str, str], system: str
) -> Iterator[etree._Element | Mended]:
    """Each of the `wanted` elements (local names, each with that of the element it stands in) once
    it is whole; when the next is asked for it is gone, with all before it in the same element. In
    the end what had to be mended. Raises BadExport.
    """
    text = _Text(stream)
    _check_start(text, root, system)
    events = etree.iterparse(
        text,
        events=("start", "end"),
        tag=[f"{{*}}{name}" for name in wanted],
        encoding="utf-8",
        recover=True,
        **PARSING,
    )
    open_count = 0
    try:
        for event, element in events:
            parent = element.getparent()
            if parent is None or local_name(parent) != wanted[local_name(element)]:
                continue
            open_count += 1 if event == "start" else -1
            if event == "end":
                yield element
                _forget(element, parent)
    except etree.XMLSyntaxError as fault:
        raise BadExport(f"{stream.name} is not whole: {_sentence(fault)}") from fault
    mended = _check_faults(events, stream.name)
    if open_count:
        raise BadExport(f"{stream.name} is not whole: {open_count} of its elements do not end.")
    if text.removed or mended:
        why = f"{text.removed + mended} places of the file are not XML and were read over"
        yield Mended(stream.name, why)


def local_name(element: etree._Element) -> str:
    """An element's name without its namespace, which differs between versions."""
    return etree.QName(element).localname


def text_of(element: etree._Element, name: str) -> str:
    """The text of the first child of this local name, "" where there is none."""
    child = element.find(f"{{*}}{name}")
    return "" if child is None else "".join(child.itertext()).strip()


def _forget(element: etree._Element, parent: etree._Element) -> None:
    """Free what is in an element, and its earlier siblings."""
    element.clear(keep_tail=False)
    while element.getprevious() is not None:
        del parent[0]


def _check_start(text: "_Text", root: str, system: str) -> None:
    """See what the first element is before anything is kept. Raises BadExport."""
    parser = etree.XMLPullParser(events=("start",), encoding="utf-8", recover=True, **PARSING)
    head = ""
    while len(head) < 10 * JUNK:
        more = text.peek()
        if len(more) == len(head):
            break
        parser.feed(more[len(head) :].encode())
        head = more
        if first := next(iter(parser.read_events()), None):
            if first[1].getroottree().docinfo.internalDTD is not None:
                raise BadExport(f"{text.name} defines entities of its own (a DTD): it is refused.")
            if local_name(first[1]) == root:
                return
            break
    raise BadExport(f"{text.name} is not an export of {system}.")


def _check_faults(events: etree.iterparse, name: str) -> int:
    """How many faults were read over. Raises BadExport where one is not to be forgiven."""
    for fault in events.error_log:
        if fault.type not in FORGIVEN:
            raise BadExport(f"{name} is not whole: line {fault.line}, {fault.message.strip()}.")
    return len(events.error_log)


def _sentence(fault: etree.XMLSyntaxError) -> str:
    return f"line {fault.lineno}, {(fault.msg or 'not XML').strip()}."


class _Text:
    """A stream of XML as UTF-8 with nothing in it that XML forbids, from its first tag on."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.name = stream.name
        self.removed = 0
        head = stream.read()
        self.decoder = codecs.getincrementaldecoder(self._encoding(head))(errors="replace")
        start = self._clean(head)
        begin = start.find("<")
        if 0 < begin < JUNK:
            self.removed += bool(start[:begin].strip("\ufeff \t\r\n"))
            start = start[begin:]
        self.waiting = start

    def peek(self) -> str:
        """All that was not read yet, and some more."""
        self.waiting += self._next()
        return self.waiting

    def read(self, _size: int = 0) -> bytes:
        """For the parser: some of it."""
        some, self.waiting = self.waiting or self._next(), ""
        return some.encode()

    def _next(self) -> str:
        while chunk := self.stream.read():
            if some := self._clean(chunk):
                return some
        return self._clean(b"", final=True)

    def _encoding(self, head: bytes) -> str:
        for mark, encoding in MARKS.items():
            if head.startswith(mark):
                return encoding
        declared = DECLARED.match(head)
        try:
            return codecs.lookup(declared[1].decode() if declared else "utf-8").name
        except LookupError:
            return "utf-8"

    _carried = ""

    def _clean(self, chunk: bytes, *, final: bool = False) -> str:
        text = self._carried + self.decoder.decode(chunk, final)
        cut = len(text)
        if not final:
            cut = min(_begun(text, "&", LONGEST_REFERENCE), _begun(text, "<", LONGEST_TAG))
        text, self._carried = text[:cut], text[cut:]
        text, signs = NOT_XML.subn("", text)
        text, references = REFERENCE.subn("", text)
        text, unquoted = UNQUOTED.subn(r'\1"\2"', text)
        self.removed += signs + references + unquoted
        return text


def _begun(text: str, sign: str, longest: int) -> int:
    """Where what begins with `sign` may go on after `text`; its end where nothing does."""
    at = text.rfind(sign, -longest)
    return at if at >= 0 and (sign == "&" or ">" not in text[at:]) else len(text)

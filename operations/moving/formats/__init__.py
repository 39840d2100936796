"""The systems whose exports we read. Each module's `read` gives one as a stream of records."""

from collections.abc import Callable, Iterator

from operations.moving.formats import commento, coral, disqus, isso, remark42, wordpress
from operations.moving.records import Record
from operations.moving.source import Source

READERS: dict[str, Callable[[Source], Iterator[Record]]] = {
    "disqus": disqus.read,
    "wordpress": wordpress.read,
    "isso": isso.read,
    "remark42": remark42.read,
    "coral": coral.read,
    "commento": commento.read,
}

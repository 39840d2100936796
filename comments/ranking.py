"""How a thread can be ordered: by which key of its top-level comments, in which direction.

Each key is indexed with (thread, key, id), also by language and among the featured. Where it is a
figure of votes, the database computes it from the comment's own counts (`comments_top` and
`comments_best`, in a migration), and only there.

`top` is the lower bound of Wilson's score interval at 95 % (E. B. Wilson, 1927): of all shares of
readers who like a comment that its votes make likely, the least. `best` is that with a hearing for
newcomers, by selective promotion (S. Pandey and others, "Shuffling a stacked deck", VLDB 2005): of
five places, the third is for a comment on which fewer than three have voted, the latest first.
Last come those that most voters dislike, even at the interval's upper bound.
"""

from dataclasses import dataclass

from comments.states import Sort

FIRST_ID = "00000000-0000-0000-0000-000000000000"
LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"


@dataclass(frozen=True)
class Stream:
    """Comments that go one after another by (key, id).

    `start`: a place before the first of them. `end`, `back_end`: in SQL, until where they go
    forwards and backwards, where other streams of the same key begin. `place`: in SQL, the place
    in the list of the one number `{nth}`, counted from 0.
    """

    start: tuple[str, str]
    end: str = "true"
    back_end: str = "true"
    place: str = "{nth}"


@dataclass(frozen=True)
class Order:
    """The streams of an order, each by the same `key` (in SQL, of `type`)."""

    key: str
    type: str
    streams: tuple[Stream, ...]
    descending: bool = True

    def stream_of(self, key: str) -> int:
        """In which of its streams a comment with this key stands."""
        return int(len(self.streams) > 1 and float(key) < HEARD)


#: What `comments_best` gives at least for a comment that was heard and is not disliked. Those that
#: were not have -1, the disliked -2.
HEARD = 0
TOP, BEST = "comments_top(up_count, down_count)", "comments_best(up_count, down_count)"

ORDERS = {
    Sort.NEWEST: Order("created_at", "timestamptz", (Stream(("infinity", LAST_ID)),)),
    Sort.OLDEST: Order(
        "created_at", "timestamptz", (Stream(("-infinity", FIRST_ID)),), descending=False
    ),
    Sort.TOP: Order(TOP, "float8", (Stream(("infinity", LAST_ID)),)),
    Sort.DISCUSSED: Order("reply_count", "int", (Stream(("2147483647", LAST_ID)),)),
    Sort.BEST: Order(
        BEST,
        "float8",
        (
            Stream(
                ("infinity", LAST_ID), end=f"{BEST} >= {HEARD}", place="{nth} + (({nth} + 2) >> 2)"
            ),
            Stream((str(HEARD), FIRST_ID), back_end=f"{BEST} < {HEARD}", place="{nth} * 5 + 2"),
        ),
    ),
}

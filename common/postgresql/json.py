"""JSON put together by PostgreSQL, as text: pieces of SQL. So many rows need not become objects and
dictionaries here only to be written out again.

A value is SQL that gives its JSON as text; where that gives NULL, the value is null.
"""


def json_object(**members: str) -> str:
    """An object of these values, in this order."""
    pieces = [
        f"""'{"," if place else "{"}"{name}":' || coalesce({value}, 'null')"""
        for place, (name, value) in enumerate(members.items())
    ]
    return f"({' || '.join(pieces)} || '}}')"


def text(value: str) -> str:
    """Of any text."""
    return f"to_json({value})::text"


def bare(value: str) -> str:
    """Of a UUID or a word that has nothing to escape: quicker than `text`."""
    return f"""('"' || {value} || '"')"""


def number(value: str) -> str:
    return f"({value})::text"


def boolean(value: str) -> str:
    return f"CASE WHEN {value} THEN 'true' ELSE 'false' END"


def moment(value: str) -> str:
    """Of a `timestamptz` in a session that is in UTC, as `common.json.dumps` writes it."""
    whole = f"""to_char({value}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    return bare(f"replace({whole}, '.000000', '')")

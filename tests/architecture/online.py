"""What a migration may say while the release before it runs: docs/upgrading.md, as a check."""

import re
from collections.abc import Iterator, Sequence

#: Apps whose tables readers write to all the time; elsewhere a moment's lock is nobody's loss.
BUSY_APPS = ("accounts", "articles", "comments", "moderation", "notifications", "outbox")
NAME = r'"?(?P<table>\w+)"?'
MADE = re.compile(rf"CREATE TABLE (?:IF NOT EXISTS )?{NAME}")
LONG_LOCKS = {
    re.compile(
        rf"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY).*? ON {NAME}"
    ): "make the index concurrently, in a migration of its own (AddIndexConcurrently)",
    re.compile(
        rf"ALTER TABLE {NAME} ADD CONSTRAINT .* (?:CHECK|FOREIGN KEY)\b(?!.*NOT VALID)"
    ): "add the constraint without looking (AddConstraintNotValid), validate it in a later one",
    re.compile(
        rf"ALTER TABLE {NAME} ADD CONSTRAINT .* (?:UNIQUE|PRIMARY KEY|EXCLUDE)\b(?!.*USING INDEX)"
    ): "make a unique index concurrently (AddIndexConcurrently knows none: RunSQL)",
    re.compile(
        rf"ALTER TABLE {NAME} .*ALTER COLUMN \S+ TYPE"
    ): "a new type writes every row anew: add a column, fill it, switch",
    re.compile(
        rf"ALTER TABLE {NAME} .*SET NOT NULL"
    ): "it reads every row: a check constraint, not valid and then validated, says the same",
    re.compile(
        rf"ALTER TABLE {NAME} ADD COLUMN .*(?:GENERATED|\bIDENTITY|\b\w*(?:random|uuid\w*|nextval|"
        r"clock_timestamp)\()"
    ): "each row gets a value of its own, which writes it anew: add it empty, fill it in batches",
}
UNKNOWN_TO_THE_FORMER = {
    re.compile(
        rf"ALTER TABLE {NAME} ADD COLUMN (?P<column>\S+) (?=.*NOT NULL)(?!.*DEFAULT)"
    ): "rows that the former release stores have no value for it: allow NULL, or give db_default",
    re.compile(
        rf"ALTER TABLE {NAME} ALTER COLUMN \S+ DROP DEFAULT"
    ): "rows that the former release stores have no value for it: allow NULL, or give db_default",
}
TAKEN_AWAY = {
    re.compile(rf"ALTER TABLE {NAME} RENAME"): "the former release knows only the former name",
    re.compile(rf"ALTER TABLE {NAME} DROP COLUMN"): "the former release may still read it",
    re.compile(rf"DROP TABLE (?:IF EXISTS )?{NAME}"): "the former release may still read it",
}
UNREAD = 'say in the migration which release no longer did: unread_since = "…"'


def faults(statements: Sequence[str], *, unread_since: str = "") -> Iterator[str]:
    """Why these statements must not run while readers do, a sentence each."""
    plain = [" ".join(each.split()) for each in statements]
    new = {found["table"] for each in plain if (found := MADE.match(each))}
    for each in plain:
        rules = UNKNOWN_TO_THE_FORMER | ({} if unread_since else TAKEN_AWAY)
        for rule, why in (LONG_LOCKS | rules).items():
            found = rule.match(each)
            if found is None or found["table"] in new:
                continue
            if rule in LONG_LOCKS and not found["table"].startswith(BUSY_APPS):
                continue
            yield f"{each[:120]}: {why}{f'; {UNREAD}' if rule in TAKEN_AWAY else ''}"

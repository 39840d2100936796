"""Many stories at once, a line each: what of them was stored, and what was wrong with the rest."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError

from articles.api.serializers import StoryLine
from articles.services import publishing
from common import problems
from common.errors import Refusal
from publishers.models import Site

#: A line that names itself is told by its name, if that is not longer than names are.
LONGEST_NAME = 200


class NotJSON(Refusal):
    code = "malformed_json"
    detail = _("This line is not valid JSON.")


@dataclass
class Sent:
    """How many lines made a new article, changed one or changed nothing, and the refused ones."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)

    def __iadd__(self, others: "Sent") -> "Sent":
        self.created += others.created
        self.updated += others.updated
        self.unchanged += others.unchanged
        self.refused += others.refused
        return self

    def refuse(self, line: int, external_id: str | None, fault: Refusal) -> None:
        self.refused.append(
            {
                "line": line,
                "external_id": external_id,
                "code": fault.code,
                "detail": str(fault),
                "errors": [asdict(each) for each in fault.errors],
            }
        )


def send(site: Site, lines: Iterable[tuple[int, str | bytes]]) -> Sent:
    """Store the stories of these numbered lines, each all or nothing. Empty lines are passed over.
    Queries as for `publishing.put_all`.
    """
    sent, stories, numbers = Sent(), [], []
    for number, line in lines:
        if not line.strip():
            continue
        told: Any = None
        try:
            told = orjson.loads(line)
            story = StoryLine.read(told)
        except orjson.JSONDecodeError:
            sent.refuse(number, None, NotJSON())
        except ValidationError as fault:
            sent.refuse(number, _name_of(told), problems.invalid(fault))
        else:
            stories.append((story.pop("external_id"), story))
            numbers.append(number)
    for number, arrival in zip(
        numbers, publishing.put_all(site=site, stories=stories), strict=True
    ):
        if arrival.fault:
            sent.refuse(number, arrival.external_id, arrival.fault)
        elif arrival.is_new:
            sent.created += 1
        elif arrival.is_changed:
            sent.updated += 1
        else:
            sent.unchanged += 1
    sent.refused.sort(key=lambda each: each["line"])
    return sent


def _name_of(told: Any) -> str | None:
    name = told.get("external_id") if isinstance(told, dict) else None
    return name[:LONGEST_NAME] if isinstance(name, str) else None

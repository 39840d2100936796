"""How views become OpenAPI: every operation also says what a problem looks like."""

from typing import Any

from drf_spectacular.openapi import AutoSchema as SpectacularAutoSchema
from rest_framework import serializers


class FieldProblem(serializers.Serializer[Any]):
    """One field at fault."""

    pointer = serializers.CharField(help_text="JSON pointer into the body (RFC 6901).")
    code = serializers.CharField()
    detail = serializers.CharField()


class Problem(serializers.Serializer[Any]):
    """A refusal (RFC 9457). `code` is stable; `detail` is a sentence for the reader."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    errors = FieldProblem(many=True)
    request_id = serializers.CharField(
        required=False, help_text="Of a 500: what our log calls the request."
    )


class AutoSchema(SpectacularAutoSchema):
    """Adds the `default` answer of every operation: a problem."""

    def _get_response_bodies(self, direction: str = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        if "default" not in bodies:
            fault = self._get_response_for_code(Problem, "default", ["application/problem+json"])
            bodies["default"] = {**fault, "description": "A refusal, with a stable code."}
        return bodies

    def get_operation_id(self) -> str:
        """View and method, as the code names them: `CommentList`, GET → `comment_list_get`."""
        words = "".join("_" + c.lower() if c.isupper() else c for c in type(self.view).__name__)
        return f"{words.lstrip('_')}_{self.method.lower()}"

    def get_tags(self) -> list[str]:
        """The app that owns the view."""
        return [type(self.view).__module__.split(".")[0]]

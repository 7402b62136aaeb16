"""Choose the fields of a reply; link its next page."""

from typing import Any

from rest_framework import serializers


class FieldsSerializer(serializers.Serializer[Any]):
    """Which members of each contestant are wanted."""

    fields = serializers.CharField(  # type: ignore[assignment]  # hides a property not used here
        required=False, help_text="Names, separated by commas. Default: all."
    )


class SelectableFields:
    """A serializer that gives only the members that the query's `fields` names, if it does."""

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()  # type: ignore[misc]  # of a serializer
        request = self.context.get("request")  # type: ignore[attr-defined]  # of a serializer
        asked = request.query_params.get("fields") if request else None
        if not asked:
            return fields
        names = asked.split(",")
        if unknown := [name for name in names if name not in fields]:
            raise serializers.ValidationError(
                {"fields": [f"There is no {unknown[0]!r}; there are {', '.join(fields)}."]}
            )
        return {name: fields[name] for name in names}


class NextField(serializers.CharField):
    """The address of the next page of a list."""

    def __init__(self, of_what: str = "") -> None:
        about = " ".join(filter(None, ["Address of the next page", of_what]))
        super().__init__(allow_null=True, help_text=f"{about}; null: this is the last one.")

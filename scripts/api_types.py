"""Print TypeScript types of what the API takes and gives, from its OpenAPI document.

`python3 scripts/api_types.py clients/python/openapi.json > frontend/types/api.d.ts`
"""

import json
import sys
from pathlib import Path
from typing import Any

HEAD = """\
// Made by `make client` from the API's OpenAPI document: do not edit.
"""
PLAIN = {
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
    "unknown": "unknown",
}

Schema = dict[str, Any]


def type_of(schema: Schema) -> str:
    """The TypeScript type of a JSON schema of OpenAPI 3.1, on one line.

    Raises:
        KeyError: the schema uses a keyword that is not known here.
    """
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[1])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    for keyword, sign in (("oneOf", " | "), ("anyOf", " | "), ("allOf", " & ")):
        if keyword in schema:
            return sign.join(type_of(part) for part in schema[keyword])
    kinds = schema.get("type", "unknown")
    names = kinds if isinstance(kinds, list) else [kinds]
    return " | ".join(named_type(name, schema) for name in names)


def named_type(name: str, schema: Schema) -> str:
    """The type of a schema whose JSON type is `name`."""
    if name == "array":
        return f"Array<{type_of(schema['items'])}>"
    if name == "object":
        return object_type(schema)
    return PLAIN[name]


def object_type(schema: Schema) -> str:
    """The type of an object: its members, or a record where their names are open."""
    if "properties" not in schema:
        return f"Record<string, {type_of(schema.get('additionalProperties') or {})}>"
    required = schema.get("required", [])
    members = [
        f"  {json.dumps(name) if not name.isidentifier() else name}"
        f"{'' if name in required else '?'}: {type_of(member)};"
        for name, member in schema["properties"].items()
    ]
    return "\n".join(["{", *members, "}"])


def main() -> None:
    document = json.loads(Path(sys.argv[1]).read_text())
    schemas = document["components"]["schemas"]
    types = [f"export type {name} = {type_of(schema)};" for name, schema in schemas.items()]
    sys.stdout.write("\n\n".join([HEAD.rstrip(), *types]) + "\n")


if __name__ == "__main__":
    main()

"""The reference page: one HTML file made from the document, without scripts, fonts or pictures from anywhere."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from deploy.edge.openapi.examples import curl, example

TEMPLATES = Path(__file__).parent / "templates"
VERBS = ("get", "post", "put", "patch", "delete")
ACCESS = {
    "PUBLIC": "anyone",
    "CUSTOMER": "any customer",
    "OWNER": "its owner",
    "STAFF": "staff",
    "ADMIN": "administrators",
}


def page(document: dict[str, Any]) -> str:
    """The page as HTML."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {
        "markdown": _markdown,
        "inline": _inline,
        "type": _type_name,
        "notes": _notes,
        "json": _json,
    }
    template = environment.get_template("reference.html")
    style = Markup((TEMPLATES / "reference.css").read_text())  # noqa: S704  our own file
    guide, headings = _guide(document["info"]["description"])
    return template.render(
        document=document, guide=guide, headings=headings, groups=_groups(document), style=style, access=ACCESS
    )


def resolve(document: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """What a reference points at, or the value itself."""
    if "$ref" not in value:
        return value
    target: Any = document
    for part in value["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    return {**target, **{key: item for key, item in value.items() if key != "$ref"}}


def _guide(text: str) -> tuple[Markup, list[tuple[str, str]]]:
    """The guide as HTML, and its headings as (id, text) to navigate by."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(text)
    headings = []
    for heading, content in pairwise(tokens):
        if heading.type == "heading_open":
            identifier = "guide-" + content.content.lower().replace(" ", "-")
            heading.attrSet("id", identifier)
            headings.append((identifier, content.content))
    return Markup(parser.renderer.render(tokens, parser.options, {})), headings  # noqa: S704


def _groups(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Operations by tag, in the document's order of tags."""
    operations = [
        _operation(document, path, verb, content[verb])
        for path, content in document["paths"].items()
        for verb in VERBS
        if verb in content
    ]
    return [
        {**tag, "operations": [operation for operation in operations if tag["name"] in operation["tags"]]}
        for tag in document["tags"]
    ]


def _operation(document: dict[str, Any], path: str, verb: str, operation: dict[str, Any]) -> dict[str, Any]:
    parameters = [resolve(document, parameter) for parameter in operation["parameters"]]
    body = _body_schema(document, operation)
    success = next(iter(operation["responses"]["200"]["content"].items()))
    errors = {status: resolve(document, response) for status, response in operation["responses"].items()}
    del errors["200"], errors["default"]
    return {
        **operation,
        "path": path,
        "verb": verb.upper(),
        "parameters": parameters,
        "body": body,
        "body_name": _reference_name(operation.get("requestBody", {})),
        "curl": curl(document, verb.upper(), path, operation),
        "success_type": success[0],
        "success_schema": success[1]["schema"],
        "success_example": _example_text(document, success[1]["schema"]),
        "errors": errors,
    }


def _body_schema(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any] | None:
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return None
    schema = resolve(document, content["application/json"]["schema"])
    sent = {name: field for name, field in schema.get("properties", {}).items() if not field.get("readOnly")}
    return {**schema, "properties": sent}


def _reference_name(body: dict[str, Any]) -> str:
    schema = body.get("content", {}).get("application/json", {}).get("schema", {})
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _example_text(document: dict[str, Any], schema: dict[str, Any]) -> str:
    return _json(example(document, schema, reading=True)) if schema else ""


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _markdown(text: str) -> Markup:
    """The text is our own and may not hold HTML."""
    return Markup(MarkdownIt("commonmark", {"html": False}).enable("table").render(text))  # noqa: S704


def _inline(text: str) -> Markup:
    return Markup(MarkdownIt("commonmark", {"html": False}).renderInline(text))  # noqa: S704


def _type_name(schema: dict[str, Any]) -> Markup:
    """A short name for a schema's type, linked where the page describes it."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return Markup('<a href="#schema-{0}">{0}</a>').format(name)
    if schema.get("type") == "array":
        return Markup("list of {}").format(_type_name(schema["items"]))
    return Markup("{}").format(schema.get("format", schema.get("type", "any")))


def _notes(schema: dict[str, Any]) -> list[str]:
    """The rules of a field in words."""
    words = {
        "minLength": "at least {} characters",
        "maxLength": "at most {} characters",
        "minimum": "at least {}",
        "maximum": "at most {}",
        "minItems": "at least {} of them",
        "maxItems": "at most {} of them",
        "pattern": "like {}",
    }
    if schema.get("format") in ("int64", "uint64"):
        del words["pattern"]  # the format says it already
    notes = [text.format(schema[key]) for key, text in words.items() if key in schema]
    notes = ["not empty" if note == "at least 1 characters" else note for note in notes]
    if schema.get("uniqueItems"):
        notes.append("none twice")
    if "not" in schema:
        notes.append("not " + ", ".join(map(str, schema["not"]["enum"])))
    return notes + (_notes(schema["items"]) if "items" in schema else [])

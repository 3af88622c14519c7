"""Operations: one for each REST address of a public method."""

import mimetypes
import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from deploy.edge.contracts import Binding, Method, message_of
from deploy.edge.openapi.responses import error_responses
from deploy.edge.openapi.schemas import HTTP_BODY, Schemas

Operation = dict[str, Any]

VARIABLE = re.compile(r"\{([a-z0-9_.]+)\}")
BEARER: dict[str, list[str]] = {"bearer": []}
ORDER_TOKEN: dict[str, list[str]] = {"orderToken": []}
NOBODY: dict[str, list[str]] = {}
IDEMPOTENCY_KEY = {"$ref": "#/components/parameters/IdempotencyKey"}
LAST_EVENT_ID = {"$ref": "#/components/parameters/LastEventId"}


def openapi_path(path: str) -> str:
    """``/products/{product.id}`` as ``/products/{productId}``."""
    return VARIABLE.sub(lambda match: "{" + _parameter_name(match[1]) + "}", path)


def operation(method: Method, binding: Binding, schemas: Schemas) -> Operation:
    """The operation of ``method`` at one of its addresses."""
    rules = {"access": list(method.access), "deduplication": method.deduplication, "deadlineMs": method.deadline_ms}
    described: Operation = {
        "operationId": _operation_id(method, binding),
        "tags": [method.service.rpartition(".")[2]],
        "summary": _words(method.name),
        "description": schemas.comments[method.descriptor.full_name],
        "security": _security(method),
        "parameters": [*_parameters(method, binding, schemas), *_headers(method)],
        "x-grpc-method": method.full_name,
        "x-rules": rules,
    }
    body = _request_body(method, binding, schemas)
    described |= {"requestBody": body} if body else {}
    success = {"200": _success(method, binding, schemas)}
    return described | {"responses": success | error_responses(method, binding)}


def _words(name: str) -> str:
    """``BatchGetProducts`` as ``Batch get products``."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower().capitalize()


def _operation_id(method: Method, binding: Binding) -> str:
    """The method's name; at a further address with the words that set it apart, as in ``getProduct_BySlug``."""
    name = method.name[0].lower() + method.name[1:]
    if binding == method.bindings[0]:
        return name
    first = method.bindings[0].path.split("/")
    apart = [part for part in binding.path.split("/") if part not in first and "{" not in part]
    return f"{name}_{''.join(word.capitalize() for part in apart for word in re.split('[-:]', part))}"


def _security(method: Method) -> list[dict[str, list[str]]]:
    if method.needs_token:
        return [BEARER]
    if "PUBLIC" in method.access or not _is_of_order(method):
        return [NOBODY, BEARER]
    return [BEARER, ORDER_TOKEN]


def _is_of_order(method: Method) -> bool:
    """Owned through an order, which a guest proves by its token; a guest's cart is proved by its id alone."""
    return "order_id" in method.descriptor.input_type.fields_by_name


def _headers(method: Method) -> Iterator[dict[str, str]]:
    if method.deduplication == "REQUEST_ID":
        yield IDEMPOTENCY_KEY
    if method.streams:
        yield LAST_EVENT_ID


def _parameters(method: Method, binding: Binding, schemas: Schemas) -> Iterator[Operation]:
    request = method.descriptor.input_type
    variables = VARIABLE.findall(binding.path)
    for variable in variables:
        yield _parameter("path", variable, _find(request, variable), schemas, required=True)
    for field in _query_fields(request, binding, variables):
        yield _parameter("query", field.name, field, schemas, required=schemas.is_required(field))


def _query_fields(request: Descriptor, binding: Binding, variables: list[str]) -> Iterator[FieldDescriptor]:
    """What neither path nor body carries; of a oneof whose field is in the path, the others can't be given."""
    if binding.body == "*":
        return
    chosen = {_find(request, variable).containing_oneof for variable in variables} - {None}
    for field in request.fields:
        taken = field.name in (*variables, binding.body) or field.containing_oneof in chosen
        if not taken:
            yield field


def _parameter(place: str, name: str, field: FieldDescriptor, schemas: Schemas, *, required: bool) -> Operation:
    schema = schemas.of_field(field)
    for only_in_bodies in ("readOnly", "writeOnly"):
        schema.pop(only_in_bodies, None)
    description = schema.pop("description")
    parameter = {"name": _parameter_name(name), "in": place, "description": description, "schema": schema}
    return parameter | ({"required": True} if required else {})


def _find(message: Descriptor, path: str) -> FieldDescriptor:
    """The field of a dotted path such as ``product.id``."""
    first, _, rest = path.partition(".")
    field = message.fields_by_name[first]
    return _find(message_of(field), rest) if rest else field


def _parameter_name(path: str) -> str:
    """As in JSON for a field of the request; a nested path becomes one word, as OpenAPI knows no dots in paths."""
    first, *rest = re.split(r"[._]", path)
    return first + "".join(word.capitalize() for word in rest)


def _request_body(method: Method, binding: Binding, schemas: Schemas) -> Operation | None:
    if not binding.body:
        return None
    request = method.descriptor.input_type
    if binding.body == "*":
        return _json(_whole_body(request, binding, schemas))
    message = message_of(request.fields_by_name[binding.body])
    if message.full_name == HTTP_BODY:
        raw = {"description": schemas.comments[f"{request.full_name}.{binding.body}"], "schema": {}}
        return {"required": True, "content": {"*/*": {"schema": raw["schema"]}}, "description": raw["description"]}
    if binding.verb == "PATCH":
        return _json(schemas.patch_reference(message))
    return _json(schemas.reference(message))


def _whole_body(request: Descriptor, binding: Binding, schemas: Schemas) -> Operation:
    """All fields that are not in the path; a schema of its own name where the path takes none."""
    variables = VARIABLE.findall(binding.path)
    if variables:
        return schemas.of_message(request, without=variables)
    return schemas.reference(request)


def _json(schema: Operation) -> Operation:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _success(method: Method, binding: Binding, schemas: Schemas) -> Operation:
    answer = method.descriptor.output_type
    headers = {"x-trace-id": {"$ref": "#/components/headers/TraceId"}}
    if answer.full_name == HTTP_BODY:
        kind = mimetypes.guess_type(binding.path)[0] or "application/octet-stream"
        content: Operation = {"text/event-stream" if method.streams else kind: {"schema": {}}}
        description = "Server-sent events." if method.streams else "The document."
    else:
        content = {"application/json": {"schema": schemas.reference(answer)}}
        description = schemas.comments.get(answer.full_name, "Nothing but the fact that it is done.")
    return {"description": description, "headers": headers, "content": content}

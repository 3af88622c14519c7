"""A protoc plugin, run by ``buf generate``: a CodeGeneratorRequest on standard input, openapi.json and docs.html out."""

import json
import sys

from google.protobuf.compiler import plugin_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from deploy.edge.contracts import ROOT, Contracts
from deploy.edge.openapi.document import document
from deploy.edge.openapi.page import page

GUIDE = ROOT / "docs" / "api.md"


def generate(request: plugin_pb2.CodeGeneratorRequest) -> plugin_pb2.CodeGeneratorResponse:
    """Both files; the guide's first heading is the document's title already, so it is left out."""
    contracts = Contracts(FileDescriptorSet(file=request.proto_file).SerializeToString())
    _, _, guide = GUIDE.read_text().partition("\n")
    described = document(contracts, guide.strip())
    response = plugin_pb2.CodeGeneratorResponse(
        supported_features=plugin_pb2.CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL
    )
    response.file.add(name="openapi.json", content=json.dumps(described, indent=1, ensure_ascii=False) + "\n")
    response.file.add(name="docs.html", content=page(described))
    return response


if __name__ == "__main__":
    answer = generate(plugin_pb2.CodeGeneratorRequest.FromString(sys.stdin.buffer.read()))
    sys.stdout.buffer.write(answer.SerializeToString())

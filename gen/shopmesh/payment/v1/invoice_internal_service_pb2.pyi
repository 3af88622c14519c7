from google.api import httpbody_pb2 as _httpbody_pb2
from shopmesh.options.v1 import options_pb2 as _options_pb2
from shopmesh.payment.v1 import invoice_service_pb2 as _invoice_service_pb2
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

"""gRPC takes options by name and says nothing of a name that it does not know."""

from pathlib import Path

import pytest
from grpc._cython import cygrpc  # type: ignore[attr-defined]

from services.chassis.channels import _options
from services.chassis.server import _OPTIONS

LIBRARY = Path(cygrpc.__file__).read_bytes()


@pytest.mark.parametrize("name", sorted({name for name, _ in [*_OPTIONS, *_options("catalog", [])]}))
def test_each_option_is_one_that_the_library_knows(name: str) -> None:
    found = name.encode() + b"\0" in LIBRARY  # compared here: a failure would print the library
    assert found

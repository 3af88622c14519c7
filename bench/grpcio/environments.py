"""One virtual environment per grpcio release, made by uv, and the generated messages: both in the cache folder."""

import subprocess
import sys
from pathlib import Path

# Everything but grpcio is the same in each, so that only grpcio differs.
_COMMON = (
    "protobuf==6.33.6",
    "uvloop==0.23.0",
    "protovalidate==2.1.0",
    "opentelemetry-sdk==1.45.2",
    "opentelemetry-instrumentation-grpc==0.66b2",
    "h2==4.3.0",
)
_ROOT = Path(__file__).resolve().parents[2]


def python_for(version: str, cache: Path) -> Path:
    """The interpreter of the environment with grpcio `version`; made on first use."""
    folder = cache / f"grpcio-{version}"
    python = folder / "bin" / "python"
    marker = folder / "complete"
    requirements = (f"grpcio=={version}", *_COMMON)
    if not marker.exists() or marker.read_text() != "\n".join(requirements):
        interpreter = f"{sys.version_info.major}.{sys.version_info.minor}"
        _run("uv", "venv", "--quiet", "--clear", "--python", interpreter, str(folder))
        _run(
            "uv",
            "pip",
            "install",
            "--quiet",
            "--python",
            str(python),
            f"grpcio=={version}",
            *_COMMON,
        )
        marker.write_text("\n".join(requirements))
    return python


def generate(cache: Path) -> Path:
    """Generates the Python messages into the cache and answers the folder to put on the path."""
    output = cache / "generated"
    output.mkdir(parents=True, exist_ok=True)
    here, vendor = Path(__file__).parent, _ROOT / "proto" / "vendor"
    sources = (
        str(here / "bench.proto"),
        str(vendor / "buf" / "validate" / "validate.proto"),
    )
    _run(
        sys.executable,
        "-m",
        "grpc_tools.protoc",
        f"-I{here}",
        f"-I{vendor}",
        f"--python_out={output}",
        *sources,
    )
    return output


def variables(generated: Path) -> dict[str, str]:
    """Environment variables that both programs need."""
    return {"PYTHONPATH": f"{_ROOT}:{generated}", "GRPC_VERBOSITY": "ERROR"}


def _run(*command: str) -> None:
    subprocess.run(command, check=True)

"""kubectl, as the development cluster is spoken to by hand."""

import subprocess


class KubectlError(Exception):
    """kubectl refused, or is missing; the text is what it said."""


def kubectl(*arguments: str, text: str | bytes = b"") -> str:
    """What kubectl prints, given ``text`` as its input."""
    given = text.encode() if isinstance(text, str) else text
    try:
        done = subprocess.run(["kubectl", *arguments], input=given, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise KubectlError("kubectl is missing") from error
    if done.returncode:
        raise KubectlError(f"kubectl {' '.join(arguments[:3])}: {done.stderr.decode().strip()}")
    return done.stdout.decode()

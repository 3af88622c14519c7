"""The restore under a harness that kills it: `entry.py TEXT ARGUMENT...` dies of SIGKILL once it says TEXT."""

import os
import signal
import sys
from unittest.mock import patch

from ops.console import Progress
from ops.restore import cli


def main(text: str, arguments: list[str]) -> None:
    class Dying(Progress):
        def __call__(self, said: str) -> None:
            super().__call__(said)
            if text in said:
                os.kill(os.getpid(), signal.SIGKILL)

    with patch("ops.restore.cli.Progress", Dying):
        cli.main(arguments)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

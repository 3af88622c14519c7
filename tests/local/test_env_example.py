"""The list of settings that owners copy."""

from deploy.local import env_example
from deploy.local.bootstrap import ROOT


def test_the_committed_file_is_what_the_settings_say() -> None:
    assert (ROOT / ".env.example").read_text() == env_example.text(), "run `make env-example`"


def test_every_setting_is_commented_out() -> None:
    assert all(line.startswith("#") or not line for line in env_example.text().splitlines())

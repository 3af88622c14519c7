"""How the commands across services read their settings: by names of their own, beside those that services know."""

import os
import sys
from typing import TypeVar

from pydantic import AliasChoices, ValidationError
from pydantic_settings import BaseSettings

from services.chassis.settings import PREFIX

S = TypeVar("S", bound=BaseSettings)


def either(own: str, name: str, vendor: str) -> AliasChoices:
    """The command's own name first, then the one that services have as well; `own` is what all its names begin with."""
    return AliasChoices(name, f"{own}{vendor}", f"{PREFIX}{vendor}", vendor)


def names(settings: type[BaseSettings]) -> set[str]:
    """The variables that are read."""
    own = {PREFIX + field.upper() for field in settings.model_fields}
    aliases = (field.validation_alias for field in settings.model_fields.values())
    return own | {str(name) for each in aliases if isinstance(each, AliasChoices) for name in each.choices}


def load(settings: type[S], own: str) -> S:
    """The settings of this process; ends it with a clear message where one is unknown, missing or wrong.

    Settings of services are passed over: the command may be started with theirs beside its own.
    """
    if unknown := sorted(name for name in os.environ if name.startswith(own) and name not in names(settings)):
        sys.exit("unknown settings: " + ", ".join(unknown))
    try:
        return settings()
    except ValidationError as error:
        lines = [f"{PREFIX}{str(each['loc'][0]).upper()}: {each['msg']}" for each in error.errors()]
        sys.exit("wrong settings:\n  " + "\n  ".join(lines))

"""What the local stack's commands print instead of a traceback."""


class StackError(Exception):
    """The stack can't do what was asked; the text says why and what to do."""

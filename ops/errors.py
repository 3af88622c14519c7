"""What a command says no with."""


class Refused(Exception):
    """It will not, or cannot: the text says why, and what to do. Nothing was touched unless it says so."""

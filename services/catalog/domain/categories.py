"""Categories: the tree that products are filed under."""

from dataclasses import dataclass
from datetime import datetime

from services.chassis.errors import FailedPrecondition


@dataclass(frozen=True, slots=True)
class Category:
    """A node of the tree; ``parent_id`` is empty at its top."""

    id: str
    slug: str
    title: str
    parent_id: str
    create_time: datetime


def unknown_category(id: str) -> FailedPrecondition:
    """The refusal of something that is to be filed under a category which does not exist."""
    return FailedPrecondition("CATEGORY_UNKNOWN", f"category {id} does not exist", metadata={"category_id": id})

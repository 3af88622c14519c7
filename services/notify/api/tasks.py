"""Notify's tasks."""

from services.chassis.tasks import Handler, Task
from services.notify.use_cases import Notifications


def send_mail(notifications: Notifications) -> Handler:
    """Sends the delivery that is the task's key. What the mail server puts off is an error, retried by the worker."""

    async def handle(task: Task) -> None:
        await notifications.send(task.key)

    return handle


def purge_deliveries(notifications: Notifications) -> Handler:
    """The periodic task that forgets old messages."""

    async def handle(_: Task) -> None:
        await notifications.purge()

    return handle

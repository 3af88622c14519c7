"""What notify asks of the mail server before it is served."""

import aiosmtplib

from services.chassis.doctor import Unusable
from services.notify.adapters.smtp import server_of


async def smtp(url: str) -> str:
    """Connects and logs in; sends nothing."""
    try:
        async with aiosmtplib.SMTP(**server_of(url), timeout=5):
            return "lets us in"
    except (OSError, ValueError, aiosmtplib.SMTPException) as error:
        raise Unusable(f"{str(error).rstrip('.')}: check SMTP_URL") from error

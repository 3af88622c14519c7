"""What notify asks of the mail server before it is served."""

import ssl

import aiosmtplib

from services.chassis.doctor import Away, Unusable
from services.notify.adapters.smtp import server_of

_AWAY = (aiosmtplib.SMTPConnectError, aiosmtplib.SMTPTimeoutError, aiosmtplib.SMTPServerDisconnected)


async def smtp(url: str) -> str:
    """Connects and logs in; sends nothing."""
    try:
        server = server_of(url) | {"timeout": 5}
        async with aiosmtplib.SMTP(**server):
            return "lets us in" if "username" in server else "answers, and asks for no password"
    except (OSError, ValueError, aiosmtplib.SMTPException) as error:
        kind = Away if isinstance(error, _AWAY) and not _of_tls(error) else Unusable
        raise kind(f"{str(error).rstrip('.')}: check SMTP_URL") from error


def _of_tls(error: BaseException | None) -> bool:
    """A certificate that is not believed fails as a connection that is not made."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False

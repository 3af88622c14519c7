"""JSON logs that carry trace id, request id and caller, and never a secret."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from services.chassis import principal, requests, telemetry

_SECRET_NAMES = re.compile(r"password|secret|token|authorization|api_?key|card|e-?mail|recipient", re.IGNORECASE)
_SECRET_TEXTS = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.-]+|\b(?:sk|rk|whsec|ot|pi_\w+_secret)_[\w-]{6,}|\beyJ[\w-]+\.[\w-]+\.[\w-]+"
)
REDACTED = "[redacted]"


def set_up(service: str, level: str) -> None:
    """Writes one JSON object a line to standard output, also for libraries' own records."""
    number = logging.getLevelNamesMapping()[level]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            lambda _logger, _name, entry: {"service": service, **entry},
            _add_context,
            structlog.processors.format_exc_info,
            redact,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[_Forward()], force=True)


class _Forward(logging.Handler):
    """Hands libraries' records on, so that all lines have one form."""

    def emit(self, record: logging.LogRecord) -> None:
        logger = structlog.get_logger()
        logger.log(record.levelno, "library", logger_name=record.name, text=record.getMessage())


def _add_context(_logger: Any, _name: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    trace_id = telemetry.current_trace_id()
    caller = principal.current()
    if trace_id:
        entry["trace_id"] = trace_id
    if request_id := requests.current_id():
        entry["request_id"] = request_id
    if caller.service or caller.user_id:
        entry["caller"] = caller.service or caller.user_id
    return entry


def redact(_logger: Any, _name: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Takes out what must not be kept: by the name of the field, and by its form inside texts."""
    return {name: _redacted(name, value) for name, value in entry.items()}


def _redacted(name: str, value: Any) -> Any:
    if _SECRET_NAMES.search(name):
        return REDACTED
    return _SECRET_TEXTS.sub(REDACTED, value) if isinstance(value, str) else value

"""protovalidate alone, without a call around it, in microseconds per message.

Each message is parsed anew, as a server does. A tight loop keeps the caches warm: the same check took about 80 us inside
the measured server, timed around the call, where this program says 31.
"""

import json
import timeit
from collections.abc import Callable
from functools import partial
from typing import Any

import protovalidate

from bench.grpcio import messages

_REPEATS, _CALLS = 9, 2000


def main() -> None:
    """Prints one JSON object: case -> microseconds per message, one figure per repeat."""
    faulty = messages.place_order_request()
    faulty.email, faulty.request_id, faulty.lines[1].quantity = "nobody", "7", 0
    check = protovalidate.Validator().collect_violations
    order, read = messages.place_order_request(), messages.get_product_request()
    timings = {
        "order: parse": _time(order, lambda message: None),
        "order: parse and validate": _time(order, check),
        "order with three faults: parse and validate": _time(faulty, check),
        "read: parse": _time(read, lambda message: None),
        "read: parse and validate": _time(read, check),
    }
    print(json.dumps(timings))


def _time(message: Any, check: Callable[[Any], object]) -> list[float]:
    parse = partial(type(message).FromString, message.SerializeToString())
    seconds = timeit.repeat(lambda: check(parse()), number=_CALLS, repeat=_REPEATS)
    return [1e6 * value / _CALLS for value in seconds]


if __name__ == "__main__":
    main()

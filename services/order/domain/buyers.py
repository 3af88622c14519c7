"""Who buys, as far as counting what somebody holds without having paid needs it."""

import hashlib


def buyer_key(user_id: str, email: str) -> bytes:
    """What two orders of one buyer have in common: the user, for a guest (an empty `user_id`) the e-mail address.

    A SHA-256, so that counting keeps no second copy of an address; its case does not make another buyer.
    """
    whose = f"user:{user_id}" if user_id else f"email:{email.casefold()}"
    return hashlib.sha256(whose.encode()).digest()

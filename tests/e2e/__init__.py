"""The whole shop from outside: by REST through the edge, as a web client sees it."""

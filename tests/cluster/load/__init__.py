"""Load on a shop by its REST edge: so many requests a second, none of them ever tried again.

``process.Load`` runs it beside a test, as a process of its own; its `Report` says what became of every request and of
every order that was accepted.
"""

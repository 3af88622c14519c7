"""The Python package of generated stubs, for programs that call the shop."""

"""What cart drives: Valkey, and the catalog for prices."""

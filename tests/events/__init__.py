"""Events under faults: what the outbox holds is handled once and in order, whoever is killed, paused or away."""

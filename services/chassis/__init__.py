"""What every service needs and no business word: servers, settings, errors, transactions, messages, tasks, telemetry."""

"""The development cluster: what the Tiltfile's buttons do, and the check that the Tiltfile names nothing that is not there."""

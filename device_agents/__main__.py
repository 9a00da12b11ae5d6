"""`python -m device_agents` is `device-agent`."""

from device_agents.cli import app

app()

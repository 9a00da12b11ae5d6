"""The connection of a command to the latency service, with the API key of whoever runs it."""

import os
from pathlib import Path

from rich.text import Text

from latency_service.contract.api_keys import chosen_api_key
from latency_service.contract.loopback import travels_in_the_open
from search_client.commands.console import stderr
from search_client.latency.client import ServiceClient

KEY_VARIABLE = "LATENCY_KEY"


def connected(server: str, key_file: Path | None) -> ServiceClient:
    """Return a client of the service; its key is that of the file or of LATENCY_KEY, so that no command line shows it.

    Raises:
        InvalidInput: There are two keys, or what is none.
        OSError: The file cannot be read.
    """
    key = chosen_api_key(os.environ.get(KEY_VARIABLE), key_file)
    if key is not None and travels_in_the_open(server):
        warning = f"whoever listens on the network can read the API key that is sent to {server}; use https"
        stderr().print(Text(f"warning: {warning}", style="yellow"), soft_wrap=True)
    return ServiceClient(server, key=key)

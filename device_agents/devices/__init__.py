"""What an agent measures on: this host, or a phone that this host drives. One file a kind; base.py is the Protocol."""

"""Measuring in a process of its own: orders, the child that carries them out, and who starts and ends it."""

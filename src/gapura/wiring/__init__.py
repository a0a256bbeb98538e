"""Puts the parts together for `app.py`, `worker.py` and the commands. Nothing here decides anything."""

"""A real PostgreSQL and a real Valkey from wheels, for the demo, the tests and small sites.

Both listen on unix sockets in a folder of their own and nowhere else. They stop cleanly with the process that started
them, however it ends.
"""

from gapura.embedded.engines import Engines, run_engines
from gapura.embedded.home import EngineRefused

__all__ = ["EngineRefused", "Engines", "run_engines"]

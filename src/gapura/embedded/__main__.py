"""`python -m gapura.embedded [HOME]`: both engines until Ctrl-C or SIGTERM; prints their addresses as two variables."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from gapura.embedded import EngineRefused, run_engines

STOPPERS = {signal.SIGINT, signal.SIGTERM}


def main(home: str = ".gapura") -> None:
    for number in STOPPERS:  # also where whoever started us in the background had Ctrl-C ignored
        signal.signal(number, signal.default_int_handler)
    try:
        with run_engines(Path(home)) as engines:
            sys.stdout.write(f"DATABASE_URL={engines.database_url}\nREDIS_URL={engines.redis_url}\n")
            sys.stdout.flush()
            signal.pause()
    except EngineRefused as refused:
        sys.exit(str(refused))
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main(*sys.argv[1:])

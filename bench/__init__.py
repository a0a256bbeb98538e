"""The benchmark: Gapura beside its peers on this machine, by the CPU that one request costs (docs/performance.md)."""

"""The peer of ingest.bench.ts: pandas reads the same file, makes the same checks and writes a table. Prints one line of JSON.

usage: python3 ingest.peer.py <csv> <output without ending>
"""
import json
import resource
import sys
import time

try:
    import pandas
except ImportError:
    print(json.dumps({"absent": "python3 has no pandas; on Debian: apt-get install python3-pandas"}))
    sys.exit(0)
try:
    import pyarrow  # noqa: F401
    HAS_ARROW = True
except ImportError:
    HAS_ARROW = False


def peak_mib():
    """Most memory that this process ever held; on Linux ru_maxrss starts with the peak of the parent."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


RANGES = {"age": (0, 120), "s1": (50, 500), "s6": (20, 500), "bp": (20, 250)}

started = time.perf_counter()
table = pandas.read_csv(sys.argv[1])
report = {}
for name, (low, high) in RANGES.items():
    column = table[name]
    numbers = pandas.to_numeric(column, errors="coerce")
    report[name] = {
        "missing": int(column.isna().sum()),
        "wrongType": int((numbers.isna() & column.notna()).sum()),
        "outOfRange": int((~numbers.between(low, high) & numbers.notna()).sum()),
        "minimum": float(numbers.min()),
        "maximum": float(numbers.max()),
    }
report["sex"] = {"missing": int(table["sex"].isna().sum()), "unknownLevel": int((~table["sex"].isin(["female", "male"]) & table["sex"].notna()).sum())}
duplicates = int(table.duplicated().sum())
if HAS_ARROW:
    table.to_parquet(sys.argv[2] + ".parquet", compression="zstd")
else:
    table.to_pickle(sys.argv[2] + ".pickle")
elapsed = time.perf_counter() - started
print(json.dumps({
    "elapsedMs": elapsed * 1000,
    "peakMib": peak_mib(),
    "rows": len(table),
    "duplicates": duplicates,
    "found": sum(sum(v for k, v in c.items() if k not in ("minimum", "maximum")) for c in report.values()),
    "output": "zstd Parquet" if HAS_ARROW else "pickle; pyarrow for Parquet is not installed",
}))

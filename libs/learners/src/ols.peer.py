"""The peer of learners.bench.ts: scikit-learn fits the same rows by ordinary least squares. Prints one line of JSON.

usage: python3 ols.peer.py <file of float64, rows x (columns + target), row-major> <rows> <columns>
"""
import json
import sys
import time

try:
    import numpy
    from sklearn.linear_model import LinearRegression
except ImportError:
    print(json.dumps({"absent": "python3 has no scikit-learn; on Debian: apt-get install python3-sklearn"}))
    sys.exit(0)

path, rows, columns = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
table = numpy.fromfile(path, dtype="<f8").reshape(rows, columns + 1)
design, target = numpy.ascontiguousarray(table[:, :columns]), numpy.ascontiguousarray(table[:, columns])
LinearRegression().fit(design[:100], target[:100])
started = time.perf_counter()
model = LinearRegression().fit(design, target)
elapsed = 1000 * (time.perf_counter() - started)
print(json.dumps({"elapsedMs": elapsed, "intercept": float(model.intercept_), "coefficients": model.coef_.tolist()}))

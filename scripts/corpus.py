#!/usr/bin/env python3
"""Runs the corpus check to its end and tells its score. Fails on a crash, a hang, or a score below the floor.

corpus.py --check FILE --corpus FOLDER --bin PROGRAM
"""
import argparse
import re
import subprocess
import sys

# The score may only rise: raise this with it.
FLOOR = 371

parser = argparse.ArgumentParser()
parser.add_argument("--check", required=True)
parser.add_argument("--corpus", required=True)
parser.add_argument("--bin", required=True)
a = parser.parse_args()
command = [sys.executable, a.check, "--bin", a.bin, "--corpus", a.corpus]
done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=1800)
lines = done.stdout.strip().splitlines()
score = re.search(r"-- all (\d+)/(\d+)", lines[-1] if lines else "")
crashes = [line for line in lines if re.search(r"exit (?!3\b)-?\d+|exit timeout", line)]
print("\n".join(lines[-60:]))
if not score:
    sys.exit("the corpus check did not run to its end")
if crashes:
    sys.exit(f"{len(crashes)} file(s) crashed, hung or failed without a clear word:\n" + "\n".join(crashes))
if int(score[1]) < FLOOR:
    sys.exit(f"the score {score[1]} is below the floor of {FLOOR}")

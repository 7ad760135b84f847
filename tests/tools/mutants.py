#!/usr/bin/env python3
"""mutants.py: changes measures, losses and prior in one place at a time and says whether a unit test notices.

    mutants.py [-n COUNT] [-s SEED] [FILE... | MUTANT...]

Of all places where an operator, a boundary, a constant or a statement can be changed, COUNT (200) are taken by a hash
of SEED (1), file and line, so that a change of one line leaves the others' mutants as they were. The changed file is
compiled with the sanitizers and linked into every unit test that contains it, until one fails. What does not compile
is not counted; a test that ends by a signal or takes too long has failed. Not changed: what runs through a loop (all
would fail), assertions, memory, messages.

Survivors are printed as FILE:LINE:COLUMN:KIND, which names them for another run. Those that give the same numbers are
listed in mutants.txt, each with the reason. Status 1 if fewer than 95 of 100 are killed.
"""
import argparse
import collections
import glob
import hashlib
import os
import re
import resource
import subprocess
import sys
import tempfile

FILES = ["libcore/measure/*.c", "libcore/nn/loss*.c", "libcore/nn/gauss.c", "libcore/model/terms.c",
         "libcore/model/prior.c", "libcore/model/prior_fit.c", "libcore/model/guided.c", "libcore/model/blocks.c",
         "libcore/model/bar.c", "libcore/model/draw.c", "libcore/model/continuation.c"]
EXPLAINED = os.path.join(os.path.dirname(__file__), "mutants.txt")
BUILD = os.environ.get("BUILD", "build")
SECONDS = 20
SANITIZE = "-fsanitize=address,undefined -fno-sanitize-recover=all"  # reads beyond an end are noticed, as by make asan

# what is left alone: to the end of the line or statement
SKIP = re.compile(r"\b(assert|error_set|error_prefix|progress|free|\w+_free|mem_\w+|sizeof|static const struct op)\b")
# and so are sizes in memory, the layout of a table, and which of two that are the same is the lesser or the greater
LEAVE = [re.compile(r"^\s*(?:static |const )*(?:struct \w+|double|float|int|size_t|u?int\d+_t|char|bool) [^=(]*\[\d+\]"),
         re.compile(r"\{#+, #+, \d+, \d+"),
         re.compile(r"([\w.>\[\]-]+(?: [-+] [\w.>\[\]-]+)?) [<>]=? (\S[^?:]*?) \? (?:\1 : \2|\2 : \1)(?![\w.(])")]
# kind: pattern, what is put in the place of a match
SWAPS = {
    "arithmetic": {" + ": " - ", " - ": " + ", " * ": " / ", " / ": " * ", " % ": " / ", " += ": " -= ", " -= ": " += ",
                   " *= ": " /= ", " /= ": " *= "},
    "boundary": {" < ": " <= ", " <= ": " < ", " > ": " >= ", " >= ": " > "},
    "condition": {" == ": " != ", " != ": " == ", " && ": " || ", " || ": " && ", "if (": "if (!", "true": "false",
                  "false": "true"},
    "function": {"fmin": "fmax", "fmax": "fmin", "sin(": "cos(", "cos(": "sin(", "sqrt(": "(", "fabs(": "(",
                 "fabsf(": "(", "exp(": "exp(-", "INFINITY": "0"},
}
NUMBER = re.compile(r"(?<![\w.])(\d+\.?\d*(?:e-?\d+)?)(?=f?\b)")
STATEMENT = re.compile(r"^\s+[a-z][\w\->.\[\] +*]*(?: [+\-*/|]?= .*|\(.*\)|\+\+|--);(?:\s*/\*.*\*/)?$")


def changed_number(text):
    """A whole number and one more; a fraction and a tenth more; a power of ten and the next."""
    if "e" in text:
        return repr(float(text) * 10)
    if "." in text:
        return repr(float(text) * 1.1)
    return str(int(text) + 1)


def code_of(lines):
    """The lines with comments and texts blanked, and those that are left alone whole."""
    out, comment, rest = [], False, False
    for line in lines:
        line = re.sub(r'"(\\.|[^"\\])*"|\'(\\.|[^\'\\])+\'', lambda m: "#" * len(m[0]), line.rstrip("\n"))
        if comment:
            end = line.find("*/")
            comment = end < 0
            line = "" if comment else " " * (end + 2) + line[end + 2:]
        line = re.sub(r"/\*.*?\*/", lambda m: " " * len(m[0]), line)
        if "/*" in line:
            comment = True
            line = line[:line.index("/*")]
        for leave in LEAVE:
            line = leave.sub(lambda m: " " * len(m[0]), line)
        skipped = rest or SKIP.search(line) or line.lstrip().startswith("#") or line.endswith("\\")
        rest = bool(rest or (skipped and SKIP.search(line))) and not re.search(r"[;{}]$", line.rstrip())
        out.append("" if skipped else line)
    return out


Mutant = collections.namedtuple("Mutant", "file line column kind text")


def mutants_of(file):
    lines = open(file).readlines()
    code = code_of(lines)
    for i, line in enumerate(code):
        for kind, swaps in SWAPS.items():
            for was, new in swaps.items():
                at = line.find(was)
                while at >= 0:
                    if was[0] == " " or at == 0 or not (line[at - 1].isalnum() or line[at - 1] == "_"):
                        text = lines[i][:at] + new + lines[i][at + len(was):]
                        if was == "if (":
                            end = closing(line, at + 3)
                            text = end and line[:at] + "if (!" + line[at + 3:end] + ")" + lines[i][end:]
                        if text:
                            yield Mutant(file, i, at, kind, text)
                    at = line.find(was, at + 1)
        for m in NUMBER.finditer(line):
            yield Mutant(file, i, m.start(), "constant", lines[i][:m.start()] + changed_number(m[1]) + lines[i][m.end():])
        before = next((c for c in reversed(code[:i]) if c.strip()), "")
        if STATEMENT.match(line) and re.search(r"[;{})]\s*$|else$", before):
            yield Mutant(file, i, len(line) - len(line.lstrip()), "statement", "; // " + line.strip() + "\n")


def closing(line, at):
    depth = 0
    for i in range(at, len(line)):
        depth += (line[i] == "(") - (line[i] == ")")
        if depth == 0:
            return i + 1
    return None


def name_of(m):
    return f"{m.file}:{m.line + 1}:{m.column + 1}:{m.kind}"


def chosen(files, seed):
    """All mutants, in the order of the hash."""
    keyed, seen = [], collections.Counter()
    for file in files:
        lines = open(file).readlines()
        for m in mutants_of(file):
            key = f"{seed} {file} {lines[m.line].strip()} {m.column} {m.kind} {m.text.strip()}"
            seen[key] += 1
            keyed.append((hashlib.sha256(f"{key} {seen[key]}".encode()).digest(), m))
    return [m for _, m in sorted(keyed, key=lambda k: k[0])]


def run(command, **how):
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **how).returncode


def bounded():
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def symbols(path, *how):
    out = subprocess.run(["nm", *how, path], capture_output=True, text=True).stdout
    return {line.split()[-1] for line in out.splitlines() if line.strip()}


def object_of(file):
    return f"{BUILD}/{file[:-2]}.o"


def cpu_seconds():
    return sum(os.times()[:4])


class Bench:
    """Compiles and links as the Makefile does, in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.tests = [f"{BUILD}/tests/" + t[len("tests/unit/"):-2] for t in sorted(glob.glob("tests/unit/*/*.c"))]
        steps = subprocess.run(["make", "-nB", f"BUILD={BUILD}", *self.tests], capture_output=True, text=True, check=True)
        self.command = {}
        for line in steps.stdout.splitlines():
            m = re.search(r" -o (\S+)", line)
            if m:
                self.command[m[1]] = line
        self.inside = {t: symbols(t) for t in self.tests}
        self.kills = collections.Counter()
        self.cost = collections.Counter()

    def compile(self, file, text):
        source, out, was = f"{self.folder}/mutant.c", f"{self.folder}/mutant.o", object_of(file)
        with open(source, "w") as f:
            f.write(text)
        line = self.command[was].replace(" -MMD -MP", "")
        return run(line.replace(f" -o {was} {file}", f" -w -O1 -g0 {SANITIZE} -o {out} {source}"), shell=True) == 0

    def passes(self, test):
        """Whether the test with the object compiled last does."""
        program = f"{self.folder}/test"
        line = self.command[test].replace(f" -o {test} ", f" -o {program} {SANITIZE} ")
        line = line.replace(f" {BUILD}/libcore.a", f" {self.folder}/mutant.o {BUILD}/libcore.a")
        if run(line, shell=True) != 0:
            sys.exit(f"mutants.py: {test} does not link")
        arguments = sorted(glob.glob("tests/vectors/*.cvs")) if test.endswith("check-vectors") else []
        began = cpu_seconds()
        try:
            status = run([program, *arguments], timeout=20 * SECONDS, preexec_fn=bounded)
        except subprocess.TimeoutExpired:
            status = 1
        self.cost[test] = max(self.cost[test], cpu_seconds() - began)
        return status == 0

    def seen_by(self, file):
        own = symbols(object_of(file), "-g", "--defined-only")
        seen = [t for t in self.tests if self.inside[t] & own]
        return sorted(seen, key=lambda t: (-self.kills[file, t], self.cost[t]))

    def killer(self, m):
        """The test that notices; "" if none does, None if it does not compile."""
        lines = open(m.file).readlines()
        lines[m.line] = m.text if m.text.endswith("\n") else m.text + "\n"
        if not self.compile(m.file, "".join(lines)):
            return None
        for test in self.seen_by(m.file):
            if not self.passes(test):
                self.kills[m.file, test] += 1
                return test
        return ""

    def check(self, files):
        """All tests pass with files as they are, compiled as mutants are."""
        for file in files:
            if not self.compile(file, open(file).read()):
                sys.exit(f"mutants.py: {file} does not compile")
            for test in self.seen_by(file):
                if not self.cost[test] and not self.passes(test):
                    sys.exit(f"mutants.py: {test} fails without a mutant")


def explanations():
    """file, text of the changed line: reason. Rows: FILE TAB LINE TAB REASON."""
    rows = [line.rstrip("\n").split("\t") for line in open(EXPLAINED) if line.strip() and line[0] != "#"]
    return {(file, text): reason for file, text, reason in rows}


def main():
    os.environ["LSAN_OPTIONS"] = "suppressions=tests/lsan.supp"
    os.environ["ASAN_OPTIONS"] = "hard_rss_limit_mb=4096:allocator_may_return_null=1"
    arguments = argparse.ArgumentParser(usage=__doc__)
    arguments.add_argument("-n", type=int, default=200)
    arguments.add_argument("-s", type=int, default=1)
    arguments.add_argument("names", nargs="*")
    a = arguments.parse_args()
    named = [n for n in a.names if ":" in n]
    files = sorted({n.split(":")[0] for n in a.names} or {f for p in FILES for f in glob.glob(p)})
    pool = [m for m in chosen(files, a.s) if not named or name_of(m) in named]
    why, valid, killed, explained = explanations(), collections.Counter(), collections.Counter(), 0
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(folder)
        bench.check(files)
        for m in pool:
            if sum(valid.values()) == a.n:
                break
            by = bench.killer(m)
            if by is None:
                continue
            valid[m.file] += 1
            killed[m.file] += by != ""
            if by == "":
                reason = why.get((m.file, m.text.strip()))
                explained += reason is not None
                print(f"survives {name_of(m)}\n    {m.text.strip()}\n    {reason or 'NOT EXPLAINED'}", flush=True)
            elif os.environ.get("VERBOSE"):
                print(f"killed {name_of(m)} by {by}: {m.text.strip()}", flush=True)
    for file in files:
        print(f"{killed[file]:4} of {valid[file]:3} killed: {file}")
    all_, dead = sum(valid.values()), sum(killed.values())
    print(f"{dead} of {all_} mutants killed of {len(pool)} possible ones, {all_ - dead} survive, {explained} of them explained")
    return 0 if dead >= 0.95 * all_ else 1


if __name__ == "__main__":
    sys.exit(main())
